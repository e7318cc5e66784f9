/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing the container's process over to a child: what joins a pid or time namespace stays outside
 * itself, only its children are in.
 */
#include "container/fdpass.h"
#include "container/init.h"

#include <linux/sched.h>

static int send_child(struct init *i, int pidfd)
{
	long r;

	i->msg.type = MESSAGE_PID;
	i->msg.step = i->step;
	r = fdpass_send(i->report_fd, &i->msg, message_size(MESSAGE_PID), pidfd);
	return r < 0 ? guest_fail(&i->g, r, 0, "report the container's process", NULL) : 0;
}

int handover_clone(struct init *i, uint64_t namespaces)
{
	struct clone_args args = { 0 };
	int32_t pidfd = -EBADF;
	long pid;

	/* CLONE_PARENT makes the child HOST's own, as we are. */
	args.flags = CLONE_PARENT | CLONE_PIDFD | namespaces;
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	pid = SYS_2(__NR_clone3, &args, sizeof(args));
	if (pid < 0)
		return guest_fail(&i->g, pid, 0, "start the container's process in its namespaces",
				  NULL);
	if (pid > 0) {
		if (SYS_DENIED(HANDOVER))
			sys_exit(1);
		if (send_child(i, pidfd) < 0) {
			sys_raw(__NR_pidfd_send_signal, pidfd, SYS_SIGKILL, 0, 0, 0, 0);
			init_die(i);
		}
		sys_exit(0);
	}
	follow_host(i->report_fd);
	sys_raw(__NR_setsid, 0, 0, 0, 0, 0, 0);
	return 0;
}
