/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds and executes the program of the payload. The texts of the errors about it are an interface:
 * engines make exit status 126 or 127 of them by substring.
 */
#include "process/process.h"

#include "os/closerange.h"
#include "os/guestkey.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#define EXEC_KEY      "process.args[0]"
#define EXEC_PATH_MAX 4096
#define EXEC_NAME_MAX 120 /* characters of a name in a message, so that the rest has room */
#define EXEC_GROUPS   64
#define EXEC_SIGNALS  64
#define EXEC_TYPE     0170000 /* S_IFMT: the kernel's headers hide it from hosted code */
#define EXEC_FILE     0100000
#define EXEC_DIR      0040000
#define EXEC_X_OK     1

/* Between the steps, in which exec_find() finds what exec_run() executes. */
static char exec_path[EXEC_PATH_MAX];
static char **exec_argv, **exec_envp;

/* ---- messages -------------------------------------------------------------------------------- */

static const char *program(const struct guest *g, const struct process_plan *p)
{
	const flat_str *args = flat_get(g->base, p->args.off);

	return flat_get_str(g->base, args[0]);
}

static void append_name(char *text, const char *name)
{
	size_t limit = sys_strlen(text) + EXEC_NAME_MAX;

	sys_append(text, limit, name);
	if (sys_strlen(text) + 1 == limit)
		sys_append(text, RL_ERR_WHAT, "...");
}

/* exec: "NAME": TEXT, or with stat exec: "NAME": stat NAME: TEXT */
static int say(const struct guest *g, long r, const char *name, int stat, const char *text)
{
	char buf[RL_ERR_WHAT] = "exec: \"";

	append_name(buf, name);
	sys_append(buf, sizeof(buf), "\": ");
	if (stat) {
		sys_append(buf, sizeof(buf), "stat ");
		append_name(buf, name);
		sys_append(buf, sizeof(buf), ": ");
	}
	sys_append(buf, sizeof(buf), text);
	return guestkey_whole(g, r, EXEC_KEY, buf);
}

/*
 * Every text has the words of the reason why there is no program of that name, or why it cannot be
 * executed: engines know no others.
 */
static int find_failed(const struct guest *g, long r, const char *name)
{
	switch (r) {
	case -ENOENT:
		return say(g, r, name, 1, "no such file or directory");
	case -ENOTDIR:
		return say(g, r, name, 1, "not a directory: no such file or directory");
	case -EISDIR:
		return say(g, r, name, 0, "is a directory: permission denied");
	case -EACCES:
		return say(g, r, name, 0, "permission denied");
	case -ELOOP:
		return say(g, r, name, 0,
			   "leads through a link of /proc or a loop of links: permission denied");
	default:
		return guestkey_fail(g, r, EXEC_KEY, "find the program", name);
	}
}

/* ---- find ------------------------------------------------------------------------------------ */

/* Whether the file can be a program at all, for whoever may execute it. */
static long check_file(int fd)
{
	struct statfs fs;
	struct statx st;
	long r = SYS_5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE, &st);

	if (r >= 0)
		r = SYS_2(__NR_fstatfs, fd, &fs);
	if (r < 0)
		return r;
	if ((st.stx_mode & EXEC_TYPE) == EXEC_DIR)
		return -EISDIR;
	if ((st.stx_mode & EXEC_TYPE) != EXEC_FILE || fs.f_type == PROC_SUPER_MAGIC)
		return -EACCES;
	return 0;
}

/*
 * Whether permissions, and the mount, let the real user and group execute it. Where we cannot ask,
 * execve(2) decides.
 */
static long check_access(const char *path)
{
	long r = SYS_3(__NR_faccessat, AT_FDCWD, path, EXEC_X_OK);

	return r == -EACCES ? r : 0;
}

/*
 * The same as the user of the payload, of whom only ids and groups count (check_as_user): our real
 * ids change, and faccessat(2) judges by them. The effective ones stay, and with them the power to
 * come back.
 */
static long check_user(const struct process_plan *p, const uint32_t *groups, const char *path)
{
	const long uid = sys_raw(__NR_getuid, 0, 0, 0, 0, 0, 0);
	const long gid = sys_raw(__NR_getgid, 0, 0, 0, 0, 0, 0);
	uint32_t own[EXEC_GROUPS];
	long n = SYS_2(__NR_getgroups, EXEC_GROUPS, own);
	long r;

	/* Too many to remember, or groups that we may not change: execve(2) decides. */
	if (n < 0 || SYS_2(__NR_setgroups, p->groups.n, groups) < 0)
		return 0;
	r = SYS_3(__NR_setresgid, p->gid, -1, -1);
	if (r >= 0)
		r = SYS_3(__NR_setresuid, p->uid, -1, -1);
	r = r < 0 ? 0 : check_access(path);
	if (SYS_3(__NR_setresuid, uid, -1, -1) < 0 || SYS_3(__NR_setresgid, gid, -1, -1) < 0 ||
	    SYS_2(__NR_setgroups, n, own) < 0)
		return -EPERM;
	return r;
}

static long check(const struct guest *g, const struct process_plan *p, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = SYS_WEAK(program) ? 0 : RESOLVE_NO_MAGICLINKS,
	};
	long r, fd = SYS_4(__NR_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0)
		return fd;
	r = check_file((int)fd);
	sys_close((int)fd);
	if (r >= 0)
		r = check_access(path);
	if (r >= 0 && p->check_as_user)
		r = check_user(p, flat_get(g->base, p->groups.off), path);
	return r;
}

/* Write dir[0..len-1]/name into exec_path; no dir is the working directory. 0: it fits. */
static int candidate(const char *dir, size_t len, const char *name)
{
	if (len + sys_strlen(name) + 3 > sizeof(exec_path))
		return -ENAMETOOLONG;
	exec_path[0] = 0;
	sys_append(exec_path, len + 1, dir);
	sys_append(exec_path, sizeof(exec_path), len ? "/" : "./");
	sys_append(exec_path, sizeof(exec_path), name);
	return 0;
}

/* As execvp(3): the first that can be executed; else one that is there but must not be is told. */
static int search(const struct guest *g, const struct process_plan *p, const char *name)
{
	const char *dir = flat_get_str(g->base, p->path_value);
	long seen = -ENOENT;

	while (*name && *dir) {
		size_t len = 0;

		while (dir[len] && dir[len] != ':')
			len++;
		if (candidate(dir, len, name) == 0) {
			long r = check(g, p, exec_path);

			if (r >= 0)
				return 0;
			if (r == -EACCES)
				seen = r;
			else if (r == -EIO || r == -ENOMEM)
				return find_failed(g, r, name);
		}
		dir += len + (dir[len] == ':');
	}
	exec_path[0] = 0;
	if (seen == -EACCES)
		return find_failed(g, seen, name);
	return say(g, seen, name, 0, "executable file not found in $PATH");
}

static int has_slash(const char *s)
{
	while (*s && *s != '/')
		s++;
	return *s == '/';
}

int exec_find(struct guest *g, const struct process_plan *p)
{
	const char *name = program(g, p);
	long r;

	exec_path[0] = 0;
	if (!has_slash(name))
		return search(g, p, name);
	r = sys_strlen(name) < sizeof(exec_path) ? check(g, p, name) : -ENAMETOOLONG;
	if (r < 0)
		return find_failed(g, r, name);
	sys_append(exec_path, sizeof(exec_path), name);
	return 0;
}

/* ---- run ------------------------------------------------------------------------------------- */

/* execve(2) keeps ignored signals ignored, and the mask; what has a handler becomes the default. */
long exec_signals_reset(const struct process_plan *p)
{
	const uint64_t none = 0;
	/* The kernel's struct sigaction: handler, flags, restorer, mask; all 0 is the default. */
	const uint64_t action[4] = { 0 };

	for (int s = 1; s <= EXEC_SIGNALS; s++) {
		long r = 0;

		if (!(p->default_signals >> (s - 1) & 1))
			r = SYS_4(__NR_rt_sigaction, s, action, 0, sizeof(none));
		/* SIGKILL and SIGSTOP have no other action. */
		if (r < 0 && r != -EINVAL)
			return r;
	}
	return SYS_4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, 0, sizeof(none));
}

/* As planned, and what is known only here. */
static char **environment(const struct guest *g, const struct process_plan *p)
{
	static char listen_pid[40] = "LISTEN_PID=";
	char **v = guest_strv(g, p->env);
	uint32_t n = p->env.n;

	if (v && p->find_home)
		v[n++] = home_entry();
	if (v && p->say_listen_pid) {
		sys_decimal(listen_pid + sys_strlen(listen_pid),
			    (uint64_t)sys_raw(__NR_getpid, 0, 0, 0, 0, 0, 0));
		v[n] = listen_pid;
	}
	return v;
}

int exec_prepare(struct guest *g, const struct process_plan *p)
{
	long r;

	/* Close-on-exec, not closed: a failure of execve(2) is still to be reported. */
	r = closerange_cloexec(g->proc_fd, 3 + p->preserve_fds);
	if (r < 0)
		return guest_fail(g, r, 0, "keep descriptors from the program", NULL);
	exec_argv = guest_strv(g, p->args);
	exec_envp = environment(g, p);
	if (!exec_argv || !exec_envp)
		return guest_fail(g, -ENOMEM, 0, "make room for the arguments", NULL);
	return 0;
}

/* The file is there, so it is the one named behind its #!, or in its ELF header, that is not. */
static int run_missing(const struct guest *g, long r, const char *name)
{
	if (SYS_3(__NR_faccessat, AT_FDCWD, exec_path, 0) < 0)
		return find_failed(g, r, name);
	return say(g, r, name, 0,
		   "the interpreter it names (or its dynamic loader) is missing: "
		   "no such file or directory");
}

static int run_format(const struct guest *g, long r)
{
	char text[RL_ERR_WHAT] = "exec ";

	append_name(text, exec_path);
	sys_append(text, sizeof(text), ": exec format error");
	return guestkey_whole(g, r, EXEC_KEY, text);
}

int exec_run(struct guest *g, const struct process_plan *p)
{
	const char *name = program(g, p);
	long r = SYS_3(__NR_execve, exec_path, exec_argv, exec_envp);

	if (r == -ENOENT)
		return run_missing(g, r, name);
	if (r == -ENOEXEC)
		return run_format(g, r);
	if (r == -EACCES || r == -ENOTDIR || r == -ELOOP || r == -EISDIR)
		return find_failed(g, r, name);
	return guestkey_fail(g, r, EXEC_KEY, "execute", exec_path);
}
