/* SPDX-License-Identifier: Apache-2.0 */
/* A child process that is a copy of ours; see helper.h. */
#include "os/helper.h"

#include "base/fault.h"
#include "os/libc.h"
#include "os/pidfd.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define END_MS 5000 /* for one that was killed */

static void begin(pid_t parent, uint64_t namespaces, const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before it could say what is to happen then. */
	if (getppid() != parent)
		_exit(0);
	/*
	 * A copy of the parent's memory: nobody else's to look at. In a user namespace of its own
	 * it is as open as the parent itself, which could not write the mappings otherwise.
	 */
	if (!(namespaces & CLONE_NEWUSER))
		prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, name);
	fault_in_helper();
}

pid_t helper_start(uint64_t namespaces, const char *name, void (*run)(void *context), void *context,
		   int *ret_pidfd)
{
	pid_t parent = getpid(), pid;
	int fd = -EBADF;
	struct clone_args args = {
		.flags = namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&fd,
		.exit_signal = SIGCHLD,
	};

	RL_FAULT("helper_start");
	pidfd_children_wait();
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		begin(parent, namespaces, name);
		run(context);
		_exit(0);
	}
	*ret_pidfd = fd;
	return pid;
}

void helper_end(int *pidfd)
{
	int status;

	if (*pidfd < 0)
		return;
	/*
	 * One that cannot be ended ends with us: not to wait for it. Nor for one that a call keeps
	 * which no signal ends, as that of a file server can be that does not answer: when we are
	 * gone, it is init that reaps it.
	 */
	if (pidfd_signal(*pidfd, SIGKILL) == 0 && pidfd_wait(*pidfd, END_MS))
		pidfd_reap(*pidfd, &status);
	close(*pidfd);
	*pidfd = -EBADF;
}
