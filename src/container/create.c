/* SPDX-License-Identifier: Apache-2.0 */
/* create, run and plan: the operations that begin with a bundle. */
#include "container/container.h"

#include "base/auto.h"
#include "container/delete.h"
#include "container/plan-build.h"
#include "container/run.h"
#include "container/start.h"
#include "os/pidfd.h"
#include "spec/id.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* A console socket belongs to a terminal, which is refused while the configuration is checked. */
static int check_options(const struct container_options *o, struct rl_err *e)
{
	int r = id_check(o->id, e);

	if (r == 0 && o->console_socket)
		return rl_whole(e, -EINVAL,
				"--console-socket is of no use: process.terminal is false");
	for (unsigned int fd = 3; r == 0 && fd - 3 < o->preserve_fds; fd++)
		if (fcntl((int)fd, F_GETFD) < 0)
			return rl_whole(e, -EBADF, "--preserve-fds %u: descriptor %u is not open",
					o->preserve_fds, fd);
	return r;
}

static int create(struct run *r, const struct container_options *o, struct rl_err *e)
{
	int ret = check_options(o, e);

	if (ret == 0)
		ret = run_init(r, o, e);
	return ret < 0 ? ret : run_steps(r, STEP_created);
}

int container_create(const struct container_options *o, struct rl_err *e)
{
	struct run r = RUN_INIT;
	int ret = create(&r, o, e);

	if (ret == 0)
		trace_write(&r);
	run_done(&r);
	return ret;
}

int container_plan(const struct container_options *o, FILE *out, enum report_format format,
		   struct rl_err *e)
{
	struct run r = RUN_INIT;
	int ret = run_init(&r, o, e);

	if (ret == 0)
		plan_report(r.p, out, format);
	run_done(&r);
	return ret;
}

/* SIGCHLD and SIGWINCH are ours; what the kernel sends for a fault cannot be passed on. */
static int block_signals(sigset_t *ret_old)
{
	static const int kept[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t set;
	int fd;

	sigfillset(&set);
	for (size_t i = 0; i < RL_COUNT(kept); i++)
		sigdelset(&set, kept[i]);
	sigprocmask(SIG_BLOCK, &set, ret_old);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static void forward_signals(int signals, int pidfd)
{
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == sizeof(si))
		if (si.ssi_signo != SIGCHLD && si.ssi_signo != SIGWINCH)
			pidfd_signal(pidfd, (int)si.ssi_signo);
}

/* Wait for the payload. As a subreaper we are also handed what it leaves behind. */
static int wait_payload(struct run *r, int signals, int *ret_status)
{
	struct pollfd p[] = { { .fd = r->pidfd, .events = POLLIN },
			      { .fd = signals, .events = POLLIN } };
	int status, ret;

	do {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return rl_fail(r->e, -errno, "wait for the container's process");
		forward_signals(signals, r->pidfd);
	} while (!(p[0].revents & POLLIN));
	ret = pidfd_reap(r->pidfd, &status);
	if (ret < 0)
		return rl_fail(r->e, ret, "read the exit status of the container's process");
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

static int start(struct run *r)
{
	int ret = start_send(r->state_fd, r->o->trace ? r->times : NULL, r->e);

	if (ret == -ECONNREFUSED)
		ret = rl_fail(r->e, ret, "start the container's process");
	if (ret < 0)
		return ret;
	r->record.status = (char *)(uintptr_t) "running";
	ret = record_save(r->state_fd, &r->record, r->e);
	return ret < 0 ? ret : run_steps(r, STEPS - 1);
}

static int run_foreground(struct run *r, int signals, int *ret_status)
{
	int ret = start(r), status = 0;

	if (ret == 0) {
		trace_write(r);
		ret = wait_payload(r, signals, &status);
	}
	if (ret == 0)
		*ret_status = status;
	return ret;
}

int container_run(const struct container_options *o, bool detach, int *ret_status, struct rl_err *e)
{
	rl_autoclose int signals = -EBADF;
	struct rl_err later = RL_ERR_INIT;
	struct run r = RUN_INIT;
	sigset_t old;
	bool made;
	int ret;

	/* Before the process exists: one that ends at once must not be missed. */
	if (!detach) {
		signals = block_signals(&old);
		if (signals < 0)
			return rl_fail(e, signals, "watch for signals");
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	}
	ret = create(&r, o, e);
	made = ret == 0;
	if (ret == 0 && detach) {
		ret = start(&r);
		if (ret == 0)
			trace_write(&r);
	} else if (ret == 0) {
		ret = run_foreground(&r, signals, ret_status);
	}
	if (made && (ret < 0 || (!detach && !o->keep))) {
		int gone = delete_run(&r, &later);

		if (ret == 0 && gone < 0) {
			*e = later;
			ret = gone;
		}
	}
	run_done(&r);
	return ret;
}
