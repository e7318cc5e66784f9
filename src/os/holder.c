/* SPDX-License-Identifier: Apache-2.0 */
/* A child that does nothing; see holder.h. */
#include "os/holder.h"

#include "base/fault.h"
#include "os/pidfd.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signals as a program has them that nobody prepared: systemd's SIGTERM is to end it. */
static void reset_signals(void)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void hold(pid_t parent, bool same_user)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/*
	 * A copy of the parent's memory: nobody else's to look at. In a user namespace of its own
	 * it is as open as the parent itself, which could not write the mappings otherwise.
	 */
	if (same_user)
		prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "rundlet-holder");
	reset_signals();
	close_range(0, ~0U, 0);
	/* The parent may have died before it could say what is to happen then. */
	while (getppid() == parent)
		pause();
	_exit(0);
}

pid_t holder_start(uint64_t namespaces, int *ret_pidfd)
{
	struct clone_args args = { .flags = namespaces, .exit_signal = SIGCHLD };
	pid_t parent = getpid(), pid;
	int fd;

	RL_FAULT("holder_start");
	pidfd_children_wait();
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid == 0)
		hold(parent, !(namespaces & CLONE_NEWUSER));
	fd = pidfd_of(pid);
	if (fd < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return fd;
	}
	*ret_pidfd = fd;
	return pid;
}

void holder_end(int *pidfd)
{
	int status;

	if (*pidfd < 0)
		return;
	/* One that cannot be ended ends with us: not to wait for it. */
	if (pidfd_signal(*pidfd, SIGKILL) == 0)
		pidfd_reap(*pidfd, &status);
	close(*pidfd);
	*pidfd = -EBADF;
}
