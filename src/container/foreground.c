/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a container in the foreground; see foreground.h. */
#include "container/foreground.h"

#include "base/auto.h"
#include "container/state-dir.h"
#include "os/pidfd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* What the kernel sends for a fault of ours cannot be passed on. */
static int block_signals(sigset_t *ret_old)
{
	static const int kept[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t set;
	int fd;

	sigfillset(&set);
	for (size_t i = 0; i < RL_COUNT(kept); i++)
		sigdelset(&set, kept[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, ret_old);
	return fd;
}

/* As a subreaper we are handed what the payload leaves behind; the payload itself is kept. */
static void reap_others(pid_t payload)
{
	siginfo_t si = { 0 };

	while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 && si.si_pid &&
	       si.si_pid != payload) {
		waitpid(si.si_pid, NULL, WNOHANG);
		si.si_pid = 0;
	}
}

/* SIGCHLD is ours, and SIGWINCH is for who has a terminal. */
static void take_signals(const struct run *r, int signals)
{
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap_others(r->pid);
		else if (si.ssi_signo != SIGWINCH)
			pidfd_signal(r->pidfd, (int)si.ssi_signo);
	}
}

static int wait_payload(struct run *r, int signals, int *ret_status)
{
	struct pollfd p[] = { { .fd = r->pidfd, .events = POLLIN },
			      { .fd = signals, .events = POLLIN } };
	int status, ret;

	do {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return rl_fail(r->e, -errno, "wait for the container's process");
		take_signals(r, signals);
	} while (!(p[0].revents & POLLIN));
	ret = pidfd_reap(r->pidfd, &status);
	if (ret < 0)
		return rl_fail(r->e, ret, "read the exit status of the container's process");
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int foreground_run(struct run *r, int *ret_status)
{
	rl_autoclose int signals = -EBADF;
	int subreaper = 0, ret;
	sigset_t old;

	signals = block_signals(&old);
	if (signals < 0)
		return rl_fail(r->e, signals, "watch for signals");
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	ret = run_start(r);
	if (ret == 0) {
		trace_write(r->times, r->o->trace);
		state_dir_unlock(r->state_fd);
		ret = wait_payload(r, signals, ret_status);
	}
	prctl(PR_SET_CHILD_SUBREAPER, subreaper, 0, 0, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}
