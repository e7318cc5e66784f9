/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a container in the foreground; see foreground.h. */
#include "container/foreground.h"

#include "base/auto.h"
#include "container/relay.h"
#include "container/state-dir.h"
#include "os/libc.h"
#include "os/pidfd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define FINISH_MS 5000 /* who reads may take so long for the next bytes, when all is over */

/* What the kernel sends for a fault of ours cannot be passed on. */
static int block_signals(sigset_t *ret_old)
{
	static const int kept[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t set;
	int fd;

	libc_fill_signals(&set);
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

/* A pipe that nobody reads is our affair, not the payload's. */
static bool is_own(const struct signalfd_siginfo *si)
{
	return si->ssi_signo == SIGPIPE && si->ssi_pid == (uint32_t)getpid();
}

/* SIGCHLD is ours. True: among them was one that is to end a program. */
static bool take_signals(const struct run *r, struct relay *relay, int signals)
{
	struct signalfd_siginfo si;
	bool end = false;

	while (read(signals, &si, sizeof(si)) == sizeof(si)) {
		const int s = (int)si.ssi_signo;

		if (s == SIGCHLD)
			reap_others(r->pid);
		else if (!is_own(&si) && !relay_signal(relay, s))
			pidfd_signal(r->pidfd, s);
		end |= s == SIGHUP || s == SIGINT || s == SIGQUIT || s == SIGTERM;
	}
	return end;
}

/*
 * What the payload has left in its terminal; until a signal ends us, or nobody takes it. That is
 * not said: standard error may be what nobody reads, and would wait.
 */
static void finish(const struct run *r, struct relay *relay, int signals)
{
	struct pollfd p[] = { { .fd = signals, .events = POLLIN }, { .fd = -1 } };

	while (relay_rest(relay, &p[1])) {
		if (poll(p, RL_COUNT(p), FINISH_MS) == 0 || take_signals(r, relay, signals))
			return;
	}
}

/* The shorter of two times to wait; -1 is any time. */
static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int wait_payload(struct foreground *f, struct run *r, struct relay *relay, int *ret_status)
{
	struct pollfd p[2 + RELAY_POLLS + NOTIFY_POLLS] = {
		{ .fd = r->pidfd, .events = POLLIN }, { .fd = f->signals, .events = POLLIN }
	};
	struct pollfd *said = p + 2 + RELAY_POLLS;
	int status, ret;

	do {
		int ms = sooner(relay_poll(relay, p + 2), notify_poll(&f->notify, said));

		if (poll(p, RL_COUNT(p), ms) < 0 && errno != EINTR)
			return rl_fail(r->e, -errno, "wait for the container's process");
		take_signals(r, relay, f->signals);
		relay_move(relay, p + 2);
		notify_move(&f->notify);
	} while (!(p[0].revents & POLLIN));
	notify_last(&f->notify);
	finish(r, relay, f->signals);
	ret = pidfd_reap(r->pidfd, &status);
	if (ret < 0)
		return rl_fail(r->e, ret, "read the exit status of the container's process");
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int foreground_run(struct foreground *f, struct run *r, int (*begin)(struct run *r),
		   int *ret_status)
{
	struct relay relay = RELAY_INIT;
	int subreaper = 0, ret;

	f->signals = block_signals(&f->old);
	if (f->signals < 0)
		return rl_fail(r->e, f->signals, "watch for signals");
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	ret = begin(r);
	if (ret == 0) {
		trace_write(r->times, r->o->trace);
		state_dir_unlock(r->state_fd);
		if (r->console_fd >= 0)
			ret = relay_begin(&relay, r->console_fd, r->e);
		if (ret == 0)
			ret = wait_payload(f, r, &relay, ret_status);
		relay_done(&relay);
	}
	prctl(PR_SET_CHILD_SUBREAPER, subreaper, 0, 0, 0);
	return ret;
}

void foreground_end(struct foreground *f)
{
	struct signalfd_siginfo si;

	notify_done(&f->notify);
	if (f->signals < 0)
		return;
	/* The program that they were for is gone. */
	while (read(f->signals, &si, sizeof(si)) == sizeof(si))
		;
	sigprocmask(SIG_SETMASK, &f->old, NULL);
	close(f->signals);
	f->signals = -EBADF;
}
