/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks of the runtime namespace (config.md#posix-platform-hooks).
 *
 * The state is their standard input, and their output is kept, as files in memory: nobody can block
 * on them, no SIGPIPE comes, and an engine that waits for the end of our output does not wait for a
 * hook's child. Each runs in a process group of its own, which ends with a hook that takes too
 * long, or whose container has ended before it is made: who removes that need not wait.
 */
#include "container/bundle.h"
#include "container/hooks.h"
#include "container/state-dir.h"

#include "base/auto.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/fdio.h"
#include "os/pidfd.h"
#include "os/spawn.h"
#include "spec/annotations.h"
#include "spec/spec-load.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_TAIL 200 /* bytes of a failing hook's output that the error shows */

static const char *const statuses[] = {
#define HOOK(symbol, member, name, status) status,
#include "spec/hooks.def"
#undef HOOK
};

/* A descriptor of the state as the hook reads it. */
static int state_file(const struct plan *p, const char *status, pid_t pid)
{
	rl_autofree char *text = NULL;
	rl_autoclose int fd = memfd_create("rundlet-state", MFD_CLOEXEC);
	char number[32] = "";
	int n, r;

	if (fd < 0)
		return -errno;
	if (pid)
		snprintf(number, sizeof(number), ",\"pid\":%d", (int)pid);
	n = asprintf(&text, "%s%s\"%s%s", flat_get_str(p, p->hook_state_head), status, number,
		     flat_get_str(p, p->hook_state_tail));
	if (n < 0)
		return -ENOMEM;
	r = fdio_write_full(fd, text, (size_t)n);
	if (r < 0)
		return r;
	lseek(fd, 0, SEEK_SET);
	return RL_TAKE_FD(fd);
}

static char **strv(const struct plan *p, struct flat_list l)
{
	const flat_str *s = flat_get(p, l.off);
	char **v = calloc(l.n + 1, sizeof(*v));

	for (uint32_t i = 0; v && i < l.n; i++)
		v[i] = (char *)(uintptr_t)flat_get_str(p, s[i]);
	return v;
}

/* A file of the caller's, which output is appended to. *ret stays if there is none. */
static int open_output(const struct plan *p, flat_str path, const char *where, int *ret,
		       struct rl_err *e)
{
	const char *name = flat_get_str(p, path);
	int fd;

	if (!name)
		return 0;
	fd = fdio_open_at(AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0640);
	if (fd < 0)
		return rl_fail_at(e, fd, where, "open \"%s\" for the output of hooks", name);
	*ret = fd;
	return 0;
}

static int open_outputs(const struct plan *p, int *ret_out, int *ret_err, struct rl_err *e)
{
	int r = open_output(p, p->hook_out, annotation_hooks_stdout_where, ret_out, e);

	return r < 0 ? r : open_output(p, p->hook_err, annotation_hooks_stderr_where, ret_err, e);
}

int hooks_output_open(struct plan *p, struct rl_err *e)
{
	if (!p->hooks[HOOK_CREATE_CONTAINER].n && !p->hooks[HOOK_START_CONTAINER].n)
		return 0;
	return open_outputs(p, &p->hook_out_fd, &p->hook_err_fd, e);
}

void hooks_output_close(struct plan *p)
{
	if (p->hook_out && p->hook_out_fd >= 0)
		close(p->hook_out_fd);
	if (p->hook_err && p->hook_err_fd >= 0)
		close(p->hook_err_fd);
	p->hook_out_fd = p->hook_err_fd = -EBADF;
}

/* In the bundle, as crun and runc do; what runs when that is gone runs where we are. */
static int spawn(const struct plan *p, const char *path, char **argv, char **envp, const int fds[3],
		 pid_t *ret_pid)
{
	const char *dir = flat_get_str(p, p->hook_dir);
	const struct spawn s = { path,   argv,   envp, fds[0],
				 fds[1], fds[2], true, access(dir, X_OK) < 0 ? NULL : dir };

	RL_FAULT("hooks_spawn");
	return spawn_program(&s, ret_pid);
}

static void show_output(int fd, struct rl_err *e)
{
	char tail[OUTPUT_TAIL + 1] = "";
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, tail, OUTPUT_TAIL, size > OUTPUT_TAIL ? size - OUTPUT_TAIL : 0);

	while (n > 0 && tail[n - 1] == '\n')
		tail[--n] = 0;
	if (n > 0)
		rl_hint(e, "the hook said: %s", tail);
}

static int verdict(const char *where, const char *path, int status, struct rl_err *e)
{
	if (WIFSIGNALED(status))
		return rl_refuse(e, where, "hook \"%s\" was killed by signal %d", path,
				 WTERMSIG(status));
	if (WEXITSTATUS(status))
		return rl_refuse(e, where, "hook \"%s\" ended with status %d", path,
				 WEXITSTATUS(status));
	return 0;
}

static int wait_hook(const struct hook_plan *h, const char *where, const char *path, pid_t pid,
		     int container, struct rl_err *e)
{
	rl_autoclose int pidfd = pidfd_of(pid);
	int ms = h->timeout > INT_MAX / 1000 ? INT_MAX : h->timeout * 1000;
	int first = pidfd < 0 ? pidfd : pidfd_wait_first(pidfd, container, h->timeout ? ms : -1);
	int status = 0;
	pid_t reaped;

	/* By pid as well: a hook may have left its group. */
	if (first != 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	do {
		reaped = waitpid(pid, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	if (reaped < 0)
		return rl_fail_at(e, -errno, where, "hear how hook \"%s\" ended", path);
	if (first < 0)
		return rl_fail_at(e, first, where, "wait for hook \"%s\"", path);
	if (first > 0)
		return rl_refuse(e, where, "hook \"%s\" is ended: the container's process has",
				 path);
	return verdict(where, path, status, e);
}

static int run_one(const struct plan *p, const struct hook_plan *h, const char *status, pid_t pid,
		   int container, struct rl_err *e)
{
	const char *where = flat_get_str(p, h->where), *path = flat_get_str(p, h->path);
	rl_autofree char **argv = strv(p, h->args);
	rl_autofree char **envp = strv(p, h->env);
	rl_autoclose int in = state_file(p, status, pid);
	rl_autoclose int kept = memfd_create("rundlet-hook", MFD_CLOEXEC);
	rl_autoclose int out = -EBADF, err = -EBADF;
	pid_t child = 0;
	int r = open_outputs(p, &out, &err, e);

	if (r < 0)
		return r;
	if (!argv || !envp || in < 0 || kept < 0)
		return rl_fail_at(e, in < 0 ? in : -ENOMEM, where, "prepare hook \"%s\"", path);
	r = spawn(p, path, argv, envp,
		  (const int[]){ in, out < 0 ? kept : out, err < 0 ? kept : err }, &child);
	if (r < 0)
		return rl_fail_at(e, r, where, "execute hook \"%s\"", path);
	r = wait_hook(h, where, path, child, container, e);
	if (r < 0)
		show_output(kept, e);
	return r;
}

int hooks_host_run(const struct plan *p, enum hook_kind kind, pid_t pid, int container,
		   int state_fd, struct rl_err *e)
{
	FLAT_EACH(p, p->hooks[kind], const struct hook_plan, h) {
		int r;

		if (state_dir_is_removed(state_fd))
			return rl_refuse(e, flat_get_str(p, h->where),
					 "does not run: the container was deleted");
		r = run_one(p, h, statuses[kind], pid, container, e);
		if (r < 0)
			return r;
	}
	return 0;
}

void hooks_host_poststop(const struct plan *p)
{
	FLAT_EACH(p, p->hooks[HOOK_POSTSTOP], const struct hook_plan, h) {
		struct rl_err e = RL_ERR_INIT;
		char line[1024];

		if (run_one(p, h, statuses[HOOK_POSTSTOP], 0, -EBADF, &e) < 0)
			log_warn("%s, ignoring", rl_err_line(&e, line, sizeof(line)));
	}
}

int hooks_load(int state_fd, const struct record *rec, struct flat *ret, struct rl_err *e)
{
	struct plan p = { .magic = PLAN_MAGIC };
	struct oci_doc doc;
	int r;

	flat_init(ret, sizeof(p));
	if (!rec->hooks)
		return 0;
	r = bundle_load_stored(state_fd, &doc, e);
	if (r == 0)
		r = hooks_plan(doc.root, rec->bundle, rec->id, ret, &p, e);
	oci_done(&doc);
	if (r == 0)
		r = flat_failed(ret);
	if (r < 0)
		return rl_fail(e, r, "read the hooks of the container");
	memcpy(ret->data, &p, sizeof(p));
	return 0;
}
