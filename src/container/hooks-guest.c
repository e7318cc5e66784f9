/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks of the container namespace (config.md#posix-platform-hooks): before the pivot the host's
 * tree is still our root, so a path of the runtime namespace is executed as it is.
 *
 * The state is their standard input, and their output is kept, as files in memory: nobody can block
 * on them, no SIGPIPE comes, and nothing of the caller's stdio is held.
 */
#include "container/init.h"
#include "os/closerange.h"

#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define HOOK_OUTPUT_TAIL 200 /* bytes of a failing hook's output that the error shows */

struct hook_run {
	char **argv;
	char **envp;
	int state_fd;
	int output_fd; /* in memory: what no file of the caller's takes */
	int out_fd, err_fd;
	uint32_t umask;
	int proc_fd;
	int error_fd;                   /* the child writes the errno of a failed execve here */
	const struct plan *confined_by; /* its filter is the program's, which comes next; or NULL */
};

static _Noreturn void hook_child(const char *path, const struct hook_run *h)
{
	int32_t code;

	sys_raw(__NR_umask, h->umask, 0, 0, 0, 0, 0);
	sys_raw(__NR_setpgid, 0, 0, 0, 0, 0, 0);
	if (SYS_3(__NR_dup3, h->state_fd, 0, 0) >= 0 && SYS_3(__NR_dup3, h->out_fd, 1, 0) >= 0 &&
	    SYS_3(__NR_dup3, h->err_fd, 2, 0) >= 0) {
		code = (int32_t)-closerange_cloexec(h->proc_fd, 3);
		if (code == 0 && h->confined_by)
			code = (int32_t)-filter_load_unheard(h->confined_by,
							     &h->confined_by->security);
		if (code == 0)
			code = (int32_t)-SYS_3(__NR_execve, path, h->argv, h->envp);
	} else {
		code = EIO;
	}
	sys_raw(__NR_write, h->error_fd, SYS_P(&code), sizeof(code), 0, 0, 0);
	sys_exit(127);
}

static void show_output(const struct guest *g, int fd)
{
	char tail[HOOK_OUTPUT_TAIL + 1] = { 0 };
	long size = sys_raw(__NR_lseek, fd, 0, SYS_SEEK_END, 0, 0, 0);
	long from = size > HOOK_OUTPUT_TAIL ? size - HOOK_OUTPUT_TAIL : 0;
	long n =
		size > 0 ? sys_raw(__NR_pread64, fd, SYS_P(tail), HOOK_OUTPUT_TAIL, from, 0, 0) : 0;

	while (n > 0 && tail[n - 1] == '\n')
		tail[--n] = 0;
	if (n <= 0)
		return;
	sys_append(g->err->hint, sizeof(g->err->hint), "the hook said: ");
	sys_append(g->err->hint, sizeof(g->err->hint), tail);
}

static int verdict(const struct guest *g, const struct hook_plan *h, const char *path, long status,
		   const struct hook_run *run)
{
	char what[RL_ERR_WHAT] = { 0 }, number[21];

	if (status == 0)
		return 0;
	sys_decimal(number, (uint64_t)(status & 0x7f ? status & 0x7f : status >> 8 & 0xff));
	sys_append(what, sizeof(what), "hook \"");
	sys_append(what, sizeof(what), path);
	sys_append(what, sizeof(what),
		   status & 0x7f ? "\" was killed by signal " : "\" ended with status ");
	sys_append(what, sizeof(what), number);
	guest_whole(g, -EINVAL, h->where, what);
	show_output(g, run->output_fd);
	return -EINVAL;
}

/* Wait for it; end it and its group when the time is over. */
static int hook_wait(const struct guest *g, const struct hook_plan *h, const char *path, int pid,
		     int pidfd, const struct hook_run *run)
{
	struct {
		int32_t fd;
		int16_t events, revents;
	} poll = { pidfd, 1 /* POLLIN */, 0 };
	int64_t ts[2] = { h->timeout, 0 };
	int32_t status = 0, code = 0;
	long r, reaped;

	r = SYS_5(__NR_ppoll, &poll, 1, h->timeout ? ts : NULL, 0, 0);
	/* By pid as well: a hook may have left its group. */
	if (r <= 0) {
		sys_raw(__NR_kill, -pid, SYS_SIGKILL, 0, 0, 0, 0);
		sys_raw(__NR_kill, pid, SYS_SIGKILL, 0, 0, 0, 0);
	}
	reaped = sys_raw(__NR_wait4, pid, SYS_P(&status), __WALL, 0, 0, 0);
	if (reaped < 0)
		return guest_fail(g, reaped, h->where, "hear how this hook ended:", path);
	if (r < 0)
		return guest_fail(g, r, h->where, "wait for hook", path);
	if (r == 0) {
		guest_fail(g, -ETIMEDOUT, h->where, "wait for hook", path);
		show_output(g, run->output_fd);
		return -ETIMEDOUT;
	}
	if (sys_raw(__NR_read, run->error_fd, SYS_P(&code), sizeof(code), 0, 0, 0) == sizeof(code))
		return guest_fail(g, -code, h->where, "execute hook", path);
	return verdict(g, h, path, status, run);
}

static int hook_spawn(const struct guest *g, const struct hook_plan *h, struct hook_run *run)
{
	const char *path = flat_get_str(g->base, h->path);
	struct clone_args args = { .flags = CLONE_PIDFD, .exit_signal = 17 /* SIGCHLD */ };
	int32_t pidfd = -EBADF, ends[2];
	long pid, r;

	r = SYS_2(__NR_pipe2, ends, O_CLOEXEC);
	if (r < 0)
		return guest_fail(g, r, h->where, "make a pipe for hook", path);
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	run->error_fd = ends[1];
	pid = SYS_2(__NR_clone3, &args, sizeof(args));
	if (pid == 0)
		hook_child(path, run);
	sys_close(ends[1]);
	run->error_fd = ends[0];
	r = pid < 0 ? guest_fail(g, pid, h->where, "start a process for hook", path) :
		      hook_wait(g, h, path, (int)pid, pidfd, run);
	sys_close(ends[0]);
	sys_close(pidfd);
	return (int)r;
}

/* The state with the status of this kind of hook and our pid as the container sees it. */
static long state_file(const struct init *i, const char *status)
{
	const void *base = i->g.base;
	const char *text[] = { flat_get_str(base, i->p->hook_state_head), status,
			       "\",\"pid\":", NULL, flat_get_str(base, i->p->hook_state_tail) };
	char pid[21];
	long fd = SYS_2(__NR_memfd_create, "rundlet-state", MFD_CLOEXEC), r = 0;

	sys_decimal(pid, (uint64_t)sys_raw(__NR_getpid, 0, 0, 0, 0, 0, 0));
	text[3] = pid;
	for (unsigned int n = 0; fd >= 0 && r >= 0 && n < sizeof(text) / sizeof(text[0]); n++)
		r = sys_write((int)fd, text[n], sys_strlen(text[n]));
	if (fd >= 0 && r >= 0)
		r = SYS_3(__NR_lseek, fd, 0, SYS_SEEK_SET);
	if (fd >= 0 && r < 0) {
		sys_close((int)fd);
		return r;
	}
	return fd;
}

static int hook_run(struct init *i, const struct hook_plan *h, const char *status,
		    const struct plan *confined_by)
{
	struct hook_run run = {
		.argv = guest_strv(&i->g, h->args),
		.envp = guest_strv(&i->g, h->env),
		.state_fd = (int)state_file(i, status),
		.umask = i->umask,
		.proc_fd = i->g.proc_fd,
		.confined_by = confined_by,
		.output_fd = (int)SYS_2(__NR_memfd_create, "rundlet-hook", MFD_CLOEXEC),
	};
	int r;

	run.out_fd = i->p->hook_out ? i->p->hook_out_fd : run.output_fd;
	run.err_fd = i->p->hook_err ? i->p->hook_err_fd : run.output_fd;
	if (!run.argv || !run.envp || run.state_fd < 0 || run.output_fd < 0)
		r = guest_fail(&i->g, run.state_fd < 0 ? run.state_fd : -ENOMEM, h->where,
			       "prepare hook", flat_get_str(i->g.base, h->path));
	else
		r = hook_spawn(&i->g, h, &run);
	if (run.state_fd >= 0)
		sys_close(run.state_fd);
	if (run.output_fd >= 0)
		sys_close(run.output_fd);
	return r;
}

int hooks_run(struct init *i, enum hook_kind kind)
{
	static const char *const status[] = {
#define HOOK(symbol, member, name, status) status,
#include "spec/hooks.def"
#undef HOOK
	};

	FLAT_EACH(i->g.base, i->p->hooks[kind], const struct hook_plan, h) {
		int r = hook_run(i, h, status[kind], kind == HOOK_START_CONTAINER ? i->p : NULL);

		if (r < 0)
			return r;
	}
	return 0;
}
