/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests that make cgroups for real: in a subtree of its own, /rundlet-unit-PID, of the
 * hierarchies of this host. Needs root. A parent process removes the subtree in any case.
 */
#ifndef RL_TESTS_CGROUP_BOX_H
#define RL_TESTS_CGROUP_BOX_H

#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "libocispec/ocispec.h"
#include "os/fdio.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static struct cgroupfs host, only_v2;
static char top[40]; /* "rundlet-unit-PID" */

/* --- one container's cgroup --- */

struct box {
	struct flat f;
	struct cgroup_plan p;
	struct cgroup_record record;
	struct rl_err e;
	char line[1024]; /* the last error */
};

static void box_done(struct box *b)
{
	cgroup_close(b->f.data, &b->p);
	cgroup_record_done(&b->record);
	flat_done(&b->f);
}

static int say(struct box *b, int r)
{
	b->line[0] = 0;
	if (r < 0)
		rl_err_line(&b->e, b->line, sizeof(b->line));
	b->e = (struct rl_err)RL_ERR_INIT;
	return r;
}

/* Plan the cgroup <top>/<name> with this content of linux.resources. */
static bool box_init_on(struct box *b, const struct cgroupfs *fs, const char *name,
			const char *resources)
{
	struct cgroup_facts facts = { .id = "x", .cgroupfs = fs };
	char json[2048];
	struct oci_error oe;
	struct oci_doc doc;
	int r;

	*b = (struct box){ .e = RL_ERR_INIT };
	flat_init(&b->f, 64);
	snprintf(
		json, sizeof(json),
		"{\"ociVersion\":\"1.2.0\",\"linux\":{\"cgroupsPath\":\"/%s/%s\",\"resources\":{%s}}}",
		top, name, resources);
	if (oci_load(&oci_config_table, json, strlen(json), &doc, &oe) < 0)
		return ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
	r = say(b, cgroup_plan(doc.root, &facts, &b->f, &b->p, &b->e));
	oci_done(&doc);
	if (r == 0)
		r = cgroup_record_make(b->f.data, &b->p, &b->record);
	return r == 0 || ok(false, "plan %s: %s", name, b->line);
}

static inline bool box_init(struct box *b, const char *name, const char *resources)
{
	return box_init_on(b, &host, name, resources);
}

/* Make it, but leave it as it is until its process is in. */
static inline int create_begin(struct box *b)
{
	return say(b, cgroup_create(b->f.data, &b->p, &b->e));
}

static int create(struct box *b)
{
	int r = create_begin(b);

	return r < 0 ? r : say(b, cgroup_settle(b->f.data, &b->p, (uid_t)-1, &b->e));
}

static inline int limits(struct box *b)
{
	return say(b, limits_apply(b->f.data, &b->p, &b->e));
}

static int remove_all(struct box *b)
{
	return say(b, cgroup_remove(&b->record, &b->e));
}

static inline int kill_with(struct box *b, int signal)
{
	return say(b, cgroup_kill(&b->record, signal, &b->e));
}

/* Directories of the record that exist. */
static inline size_t count_existing(const struct box *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->record.n; i++)
		n += access(b->record.dirs[i].path, F_OK) == 0;
	return n;
}

static inline const struct cgroup_dir *dir_v2(const struct box *b)
{
	FLAT_EACH(b->f.data, b->p.dirs, const struct cgroup_dir, d)
		if (d->v2)
			return d;
	return NULL;
}

static inline void make_dir(const char *base, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s%s", base, name[0] ? "/" : "", name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		ok(false, "the test can make %s: %s", path, strerror(errno));
}

/* --- its files --- */

/* The container's directory in the hierarchy of a controller, or NULL. */
static inline const char *dir_of(const struct box *b, const char *controller)
{
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&host, controller);

	return h ? b->record.dirs[h - host.h].path : NULL;
}

/* The first line of a file. */
static inline bool read_file(const char *dir, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (fdio_read_at(AT_FDCWD, path, buf, size) < 0)
		return false;
	buf[strcspn(buf, "\n")] = 0;
	return true;
}

/* A file of the cgroup has this first line; skips without the controller. */
static inline void is_value(const struct box *b, const char *controller, const char *file,
			    const char *want)
{
	const char *dir = dir_of(b, controller);
	char text[4096] = "(none)";

	if (!dir) {
		skip("no %s controller here", controller);
		return;
	}
	read_file(dir, file, text, sizeof(text));
	is_str(text, want, "%s", file);
}

/* Put a value into a file of the cgroup. */
static inline void put(const char *dir, const char *file, const char *value)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	r = fdio_write_at(AT_FDCWD, path, value);
	if (r < 0)
		ok(false, "the test can write to %s: %s", path, strerror(-r));
}

/* --- a process in it --- */

struct inside {
	pid_t pid;
	int from; /* what it writes */
};

typedef void payload(int out);

/* Say hello, then tell each SIGRTMIN until killed. */
static inline void wait_payload(int out)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (char c = 'h';; c = 's') {
		if (write(out, &c, 1) != 1)
			_exit(1);
		sigwaitinfo(&set, NULL);
	}
}

/*
 * There is no process: end, as its pid would be none. Signals to "pid" -1 or 0 go to all processes
 * of the host, or to all of the test.
 */
static inline pid_t must_be_process(pid_t pid)
{
	if (pid < 0) {
		ok(false, "the test can start a process: %s", strerror(errno));
		exit(1);
	}
	return pid;
}

/* Start a process as the container's is: born in the v2 cgroup, entering the others itself. */
static inline struct inside enter(struct box *b, payload *run)
{
	const struct cgroup_dir *v2 = dir_v2(b);
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct inside in = { .from = -1 };
	int pipe_fd[2];

	if (v2 && v2->enter_fd < 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)v2->dir_fd;
	}
	must_be_process(pipe2(pipe_fd, O_CLOEXEC));
	in.pid = must_be_process((pid_t)syscall(SYS_clone3, &args, sizeof(args)));
	if (in.pid == 0) {
		struct rl_err err = RL_ERR_INIT;
		struct guest g = { .base = b->f.data, .err = &err };

		if (cgroup_enter(&g, &b->p) < 0) {
			printf("# %s\n", err.what);
			_exit(1);
		}
		run(pipe_fd[1]);
	}
	close(pipe_fd[1]);
	in.from = pipe_fd[0];
	cgroup_close(b->f.data, &b->p);
	return in;
}

/* Start one and wait until it is inside. */
static inline struct inside enter_and_wait(struct box *b)
{
	struct inside in = enter(b, wait_payload);
	char c = 0;

	ok(read(in.from, &c, 1) == 1 && c == 'h', "a process enters");
	return in;
}

/* Wait for its end. Returns the wait(2) status. */
static inline int leave(struct inside *in)
{
	int status = -1;

	waitpid(in->pid, &status, 0);
	close(in->from);
	return status;
}

/* --- processes and cgroups where a test wants them --- */

/* A process of the test that is in no cgroup of its own. */
static inline struct inside fork_waiting(void)
{
	struct inside in = { .from = -1 };

	in.pid = must_be_process(fork());
	if (in.pid == 0)
		for (;;)
			pause();
	return in;
}

static inline bool is_alive(const struct inside *in)
{
	return waitpid(in->pid, NULL, WNOHANG) == 0;
}

/* It has been killed; one that was not is ended here. */
static inline void is_killed(struct inside *in, const char *what)
{
	siginfo_t info = { 0 };

	/* A killed one may be a moment from its end: whoever killed it has waited for
	 * that. */
	waitid(P_PID, (id_t)in->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	if (info.si_pid != in->pid)
		kill(in->pid, SIGTERM);
	ok(WTERMSIG(leave(in)) == SIGKILL, "%s: is killed", what);
}

/*
 * The container's directory in one hierarchy of v1, as a record of its own: its
 * processes can be moved about below it, and no other hierarchy gets at them.
 */
static inline bool one_dir(const struct box *b, struct cgroup_record *ret)
{
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&host, "pids");

	if (!h || h->v2)
		return false;
	*ret = (struct cgroup_record){ .dirs = &b->record.dirs[h - host.h], .n = 1 };
	return true;
}

static inline void move_process(int dir, pid_t pid)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", (int)pid);
	r = fdio_write_at(dir, "cgroup.procs", text);
	if (r < 0)
		ok(false, "the test can move a process: %s", strerror(-r));
}

/* Make a directory in the other one and go there. */
static inline bool go_down(int *fd, const char *name)
{
	int next;

	if (mkdirat(*fd, name, 0755) < 0)
		return false;
	next = openat(*fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(*fd);
	*fd = next;
	return next >= 0;
}

/* A mount namespace of the test's own; all tests that follow are in it. */
static inline bool own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* --- the program --- */

/* Remove what a broken test left, with its processes. */
static void clean_up(void)
{
	for (size_t i = 0; i < host.n; i++) {
		char path[PATH_MAX];
		struct cgroup_record_dir dir = { .path = path, .stop = host.h[i].mount };
		struct cgroup_record rest = { .dirs = &dir, .n = 1 };
		struct rl_err e = RL_ERR_INIT;

		snprintf(path, sizeof(path), "%s/%s", host.h[i].mount, top);
		cgroup_kill(&rest, SIGKILL, &e);
		if (cgroup_remove(&rest, &e) < 0)
			printf("# left behind: %s\n", path);
	}
}

/* Run the tests in a child; return box_main() from main(). */
static int box_main(void (*test_all)(void))
{
	pid_t pid;
	int status;

	if (geteuid() != 0 || cgroupfs_probe(&host) < 0 || !host.n) {
		skip("needs root and a host with cgroups");
		return tap_done();
	}
	for (size_t i = 0; i < host.n; i++)
		if (host.h[i].v2)
			only_v2.h[only_v2.n++] = host.h[i];
	only_v2.mode = only_v2.n ? CGROUPFS_V2 : CGROUPFS_NONE;
	snprintf(top, sizeof(top), "rundlet-unit-%d", (int)getpid());
	if (access(host.h[0].mount, W_OK) < 0) {
		skip("cgroups are read-only here");
		return tap_done();
	}
	pid = fork();
	if (pid == 0) {
		alarm(120); /* what cannot be killed would be waited for in vain */
		test_all();
		return tap_done();
	}
	waitpid(pid, &status, 0);
	clean_up();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#endif
