/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entering a pid namespace that is joined, as late as can be: whoever is in there with
 * CAP_SYS_PTRACE can open the root and the descriptors of who comes in (/proc/PID/root,
 * /proc/PID/fd). So we come when our root is the container's (of which ".." leads out if it is one
 * of chroot(2), in a mount namespace that is joined: SECURITY.md), and with no descriptor but our
 * two sockets and, where the configuration has them, that to the agent of a seccomp filter and the
 * files that the output of hooks is appended to. And it can make us do what we may: so we may no
 * more by then than the process will, and what is left to do needs.
 *
 * A procfs shows the pid namespace of who opens it. Until we are in, a helper opens it for us: it
 * gives up everything of the host first, and its child then is in the namespace.
 *
 * From a new user namespace nobody may join a pid namespace of another one. There the BRIDGE joins
 * before it makes its user namespace (bridge-guest.c): it stays outside itself, its first child is
 * the one that enters here, and until then it starts none but createContainer hooks.
 */
#include "container/fdpass.h"
#include "container/init.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/wait.h>

static long fork_helper(void)
{
	struct clone_args args = { .exit_signal = 17 /* SIGCHLD */ };

	return SYS_2(__NR_clone3, &args, sizeof(args));
}

/* Wait for it; 0 if it ended with status 0, or the negative errno that it ended with. */
static long wait_helper(long pid)
{
	int32_t status = 0;
	long r = sys_raw(__NR_wait4, pid, SYS_P(&status), __WALL, 0, 0, 0);

	if (r < 0)
		return r;
	return status & 0x7f ? -ECHILD : -(long)(status >> 8 & 0xff);
}

static _Noreturn void open_inside(int sock)
{
	long fs = SYS_2(__NR_fsopen, "proc", FSOPEN_CLOEXEC);
	long r = fs < 0 ? fs : fdpass_send(sock, "", 1, (int)fs);

	sys_exit(r < 0 ? (int)-r : 0);
}

/*
 * Have nothing but the container's root, in a mount namespace of our own: a chroot would not do, as
 * /proc/PID/root/.. of who is only in a chroot leads out of it.
 */
static long leave_host(int root_fd)
{
	/* The working directory comes along into the new namespace; a descriptor would not. */
	long r = SYS_1(__NR_fchdir, root_fd);

	if (r >= 0)
		r = SYS_1(__NR_unshare, CLONE_NEWNS);
	if (r >= 0)
		r = SYS_5(__NR_mount, 0, "/", 0, MS_REC | MS_PRIVATE, 0);
	if (r >= 0)
		r = SYS_2(__NR_pivot_root, ".", ".");
	if (r >= 0)
		r = SYS_2(__NR_umount2, ".", 2 /* MNT_DETACH */);
	return r >= 0 ? SYS_1(__NR_chdir, "/") : r;
}

static _Noreturn void helper(const struct init *i, int sock)
{
	struct guest g = i->g;
	struct rl_err e = { .code = 0 };
	long r;

	g.err = &e;
	r = namespaces_join(&g, &i->p->ns, CLONE_NEWPID);
	/* In a container that exists our root is its root already. */
	if (r == 0 && !i->p->live.what)
		r = leave_host(g.root_fd);
	if (r >= 0)
		r = SYS_3(__NR_dup3, sock, 0, 0);
	if (r >= 0)
		r = SYS_3(__NR_close_range, 1, ~0u, 0);
	if (r >= 0)
		r = fork_helper();
	if (r == 0)
		open_inside(0);
	if (r > 0)
		r = wait_helper(r);
	sys_exit(r < 0 ? (int)-r : 0);
}

int pid_enter_fsopen(struct guest *g)
{
	const struct init *i = (const struct init *)g; /* g is its first member */
	int32_t ends[2];
	long pid, r;
	int fs;

	r = SYS_4(__NR_socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */ | O_CLOEXEC, 0, ends);
	if (r < 0)
		return (int)r;
	pid = fork_helper();
	if (pid == 0)
		helper(i, ends[1]);
	sys_close(ends[1]);
	r = pid < 0 ? pid : wait_helper(pid);
	fs = r < 0 ? (int)r : fdpass_receive(ends[0]);
	sys_close(ends[0]);
	return fs;
}

int pid_enter_join(struct init *i)
{
	int r;

	if (!steps_needed(i->p, STEP_pid_enter) || i->pid_joined)
		return 0;
	r = namespaces_join(&i->g, &i->p->ns, CLONE_NEWPID);
	i->pid_joined = r == 0;
	return r;
}

/* The lowest of our own descriptors from `first` on; UINT32_MAX: there is none. */
static uint32_t next_own(const struct init *i, uint32_t first)
{
	const int own[] = {
		i->report_fd,      i->spent_fd,
		i->p->start_fd,    i->p->hook_out_fd,
		i->p->hook_err_fd, i->p->listener.path ? i->p->listener.sock_fd : -EBADF,
	};
	uint32_t next = UINT32_MAX;

	for (unsigned int n = 0; n < sizeof(own) / sizeof(own[0]); n++)
		if (own[n] >= 0 && (uint32_t)own[n] >= first && (uint32_t)own[n] < next)
			next = (uint32_t)own[n];
	return next;
}

int pid_enter_drop(struct init *i)
{
	uint32_t first = 3 + i->p->process.preserve_fds, own = 0;
	long r = 0;

	/* Nobody of a pid namespace that is joined is to find it in our hands; and the host's, for
	 * exec, does not end with us. */
	if (!steps_needed(i->p, STEP_pid_enter) && !i->p->live.what)
		i->spent_fd = i->g.proc_fd;
	for (; r >= 0 && own != UINT32_MAX; first = own + 1) {
		own = next_own(i, first);
		if (own > first && !SYS_WEAK(descriptors))
			r = SYS_3(__NR_close_range, first, own - 1, 0);
	}
	i->g.root_fd = i->g.proc_fd = -EBADF;
	return r < 0 ? guest_fail(&i->g, r, 0, "close what is not needed any more", NULL) : 0;
}

int pid_enter_run(struct init *i)
{
	int r = caps_lower(&i->g, &i->p->security);

	return r < 0 ? r : handover_clone(i, 0);
}
