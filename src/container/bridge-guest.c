/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BRIDGE: where one clone3(2) cannot do. A process that joins a pid or time namespace stays
 * outside itself, only its children are in; and what belongs to the caller's user namespace must be
 * joined before the container's is entered.
 */
#include "container/init.h"

#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>

/* struct msghdr and friends of socket(7): the kernel has no header of them for programs. */
struct message_iovec {
	void *base;
	size_t len;
};

struct message_header {
	void *name;
	uint32_t name_len;
	struct message_iovec *iov;
	size_t iov_len;
	void *control;
	size_t control_len;
	uint32_t flags;
};

struct message_control {
	size_t len;
	int32_t level; /* SOL_SOCKET */
	int32_t type;  /* SCM_RIGHTS */
	int32_t fd;
};

static int send_child(struct init *i, long pid, int pidfd)
{
	struct message_iovec iov = { &i->msg, message_size(MESSAGE_PID) };
	struct message_control control = { offsetof(struct message_control, fd) + sizeof(int32_t),
					   1, 1, pidfd };
	struct message_header h = {
		.iov = &iov,
		.iov_len = 1,
		.control = &control,
		.control_len = sizeof(control),
	};
	long r;

	i->msg.type = MESSAGE_PID;
	i->msg.step = i->step;
	i->msg.pid = (int32_t)pid;
	r = SYS_3(__NR_sendmsg, i->report_fd, &h, SYS_MSG_NOSIGNAL);
	return r < 0 ? guest_fail(&i->g, r, 0, "report the container's process", NULL) : 0;
}

static int time_namespace(struct init *i)
{
	const char *text = flat_get_str(i->g.base, i->p->ns.time_offsets);
	long fd, r;

	r = SYS_1(__NR_unshare, CLONE_NEWTIME);
	if (r < 0)
		return guest_fail(&i->g, r, 0, "make a time namespace", NULL);
	fd = r = sys_openat(AT_FDCWD, "/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0) {
		r = sys_write((int)fd, text, sys_strlen(text));
		sys_close((int)fd);
	}
	if (r < 0 && !i->g.err->code)
		sys_append(i->g.err->where, sizeof(i->g.err->where), "linux.timeOffsets");
	return r < 0 ? guest_fail(&i->g, r, 0, "write the offsets of the time namespace", NULL) : 0;
}

static bool joins_user(const struct init *i)
{
	FLAT_EACH(i->g.base, i->p->ns.joins, const struct namespace_join, j)
		if (j->flag == CLONE_NEWUSER)
			return true;
	return false;
}

int bridge_run(struct init *i)
{
	const struct namespaces_plan *ns = &i->p->ns;
	struct clone_args args = { 0 };
	int32_t pidfd = -EBADF;
	long pid;

	if (ns->time_offsets && time_namespace(i) < 0)
		return -1;
	if (namespaces_join(&i->g, ns, ~(uint32_t)CLONE_NEWNS) < 0)
		return -1;
	/* CLONE_PARENT makes the child HOST's own, as without a BRIDGE. */
	args.flags =
		CLONE_PARENT | CLONE_PIDFD |
		(ns->make & ~(uint64_t)(CLONE_NEWCGROUP | (ns->time_offsets ? CLONE_NEWTIME : 0)));
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	pid = SYS_2(__NR_clone3, &args, sizeof(args));
	if (pid < 0)
		return guest_fail(&i->g, pid, 0, "start the container's process in its namespaces",
				  NULL);
	if (pid > 0) {
		if (send_child(i, pid, pidfd) < 0) {
			sys_raw(__NR_pidfd_send_signal, pidfd, SYS_SIGKILL, 0, 0, 0, 0);
			init_die(i);
		}
		sys_exit(0);
	}
	/* The death signal is not inherited by fork; if HOST is dead, the next message finds
	 * nobody. */
	sys_raw(__NR_prctl, PR_SET_PDEATHSIG, SYS_SIGKILL, 0, 0, 0, 0);
	sys_raw(__NR_setsid, 0, 0, 0, 0, 0, 0);
	/* The ids of a joined user namespace are mapped already; of a new one HOST maps them next.
	 */
	return joins_user(i) ? become_root(&i->g, ns) : 0;
}
