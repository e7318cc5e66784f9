/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the rows of steps.def on the host side. The stub walks the same rows of the same plan, so
 * where a HOST row follows rows of the stub, one message each way keeps them in step.
 */
#include "container/run.h"

#include "base/auto.h"
#include "base/fault.h"
#include "base/log.h"
#include "cgroup/oom-watch.h"
#include "container/console.h"
#include "container/enter.h"
#include "container/hooks.h"
#include "container/listener.h"
#include "container/netdevs.h"
#include "container/plan-build.h"
#include "container/start.h"
#include "container/status.h"
#include "libocispec/ocispec.h"
#include "os/clock.h"
#include "os/pidfd.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct host_row {
	int (*run)(struct run *);
	void (*undo)(struct run *);
};

#define STEP_RUN_HOST(run)   run
#define STEP_RUN_BRIDGE(run) NULL
#define STEP_RUN_GUEST(run)  NULL
static const struct host_row rows[STEPS] = {
#define STEP(name, stage, when, run, undo, clause, sentence) { STEP_RUN_##stage(run), undo },
#include "container/steps.def"
#undef STEP
};

static const char *const names[STEPS] = {
#define STEP(name, stage, when, run, undo, clause, sentence) #name,
#include "container/steps.def"
#undef STEP
};

const char *container_step_name(int step, int *ret_index, int *ret_count)
{
	if (step < 0 || step >= STEPS)
		return NULL;
	*ret_index = step + 1;
	*ret_count = STEPS;
	return names[step];
}

int run_init(struct run *r, const struct container_options *o, struct rl_err *e)
{
	struct facts facts;
	int ret;

	r->o = o;
	r->e = e;
	ret = bundle_load(&r->bundle, o->bundle, o->config, e);
	if (ret == 0)
		ret = facts_probe(r->bundle.config, o, true, &facts, e);
	if (ret == 0)
		ret = plan_build(r->bundle.config, r->bundle.path, o, &facts, &r->flat, e);
	if (ret < 0) {
		bundle_locate(&r->bundle, e);
		return ret;
	}
	r->p = (struct plan *)r->flat.data;
	return 0;
}

void run_done(struct run *r)
{
	if (r->p) {
		sources_close(r->p, &r->p->root);
		namespaces_close(r->p, &r->p->ns);
		cgroup_close(r->p, &r->p->cgroup);
		rdt_close(&r->p->rdt);
		console_close(r->p);
		listener_close(r->p);
		hooks_output_close(r->p);
	}
	auto_close(&r->sock);
	auto_close(&r->stub_sock);
	auto_close(&r->start_fd);
	auto_close(&r->pidfd);
	auto_close(&r->console_fd);
	auto_close(&r->pidfd_sock);
	auto_close(&r->spent_fd);
	auto_close(&r->births);
	auto_close(&r->state_fd);
	auto_close(&r->root_fd);
	netdevs_record_done(&r->record);
	netdev_done(&r->netdevs);
	free(r->record.cgroups);
	free(r->record_cgroups);
	free(r->record_mountns.root);
	cgroup_record_done(&r->cgroups);
	rdt_record_done(&r->rdt);
	flat_done(&r->flat);
	bundle_done(&r->bundle);
}

bool run_is_fault(int step)
{
	(void)step;
	return fault_is_step(names[step]);
}

/* The limit of memory that the configuration gives; 0: none. */
static int64_t memory_limit(const struct run *r)
{
	const struct oci_linux *l = r->bundle.config ? r->bundle.config->linux_ : NULL;
	const struct oci_memory *m = l && l->resources ? l->resources->memory : NULL;

	return m && m->has_limit && m->limit > 0 ? m->limit : 0;
}

static int out_of_memory(struct run *r)
{
	int64_t limit = memory_limit(r);

	if (!limit) {
		rl_hint(r->e, "a limit of memory of a cgroup above is too low, or the host's "
			      "memory is used up");
		return rl_whole(r->e, -ENOMEM, "memory ran out before the container's program ran");
	}
	rl_whole(r->e, -ENOMEM,
		 "memory ran out before the container's program ran: %" PRId64
		 " bytes are too few, or those of a cgroup above",
		 limit);
	snprintf(r->e->where, sizeof(r->e->where), "linux.resources.memory.limit");
	return -ENOMEM;
}

/* The stub ended without a word: say what ended it. */
static int stub_died(struct run *r)
{
	int status = 0;

	if (r->pidfd < 0 || pidfd_reap(r->pidfd, &status) < 0)
		return rl_fail(r->e, -ECHILD, "hear from the container's process");
	r->pid = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && oom_watch_count(&r->cgroups))
		return out_of_memory(r);
	if (WIFSIGNALED(status))
		return rl_whole(r->e, -ECHILD, "the container's process was killed by signal %d",
				WTERMSIG(status));
	return rl_whole(r->e, -ECHILD,
			"the container's process ended with status %d before it said why",
			WEXITSTATUS(status));
}

/*
 * What ends without a word on the socket. While one stub hands over to the next both have it, so
 * that it has no end when the first dies of its own: the next waits for us, and we would wait for
 * the first. And a process that enters a container may be frozen in its cgroup, and not be in its
 * pid namespace yet, when the container ends: only a signal of ours ends it then.
 */
static int find_end(struct run *r)
{
	struct pollfd p[] = {
		{ r->sock, POLLIN, 0 },
		{ r->handovers ? r->pidfd : -1, POLLIN, 0 },
		{ r->first_fd, POLLIN, 0 },
	};

	while ((p[1].fd >= 0 || p[2].fd >= 0) && !p[0].revents && !p[1].revents && !p[2].revents)
		if (poll(p, RL_COUNT(p), -1) < 0 && errno != EINTR)
			return 0;
	/* What it said before its end has come by now. */
	if (p[0].revents || !(p[1].revents || p[2].revents) || poll(p, 1, 0) > 0)
		return 0;
	return p[1].revents ? stub_died(r) : enter_not_running(r->e);
}

/* A message from the stub: 0, or a negative errno with the error filled. */
static int receive(struct run *r, struct message *m, int *ret_fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;
	int ended = find_end(r);

	if (ended < 0)
		return ended;
	do {
		n = recvmsg(r->sock, &h, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return rl_fail(r->e, -errno, "hear from the container's process");
	if (n <= 0)
		return stub_died(r);
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	if ((size_t)n != message_size(m->type))
		return rl_fail(r->e, -EPROTO, "read a message of the container's process");
	return 0;
}

/* The process has handed over to another, which is our child too, and ends. Who is in the
 * container's pid namespace may say such a thing as well: what it names is looked at. */
static int take_over(struct run *r, int *pidfd)
{
	int status, pid = r->handovers && *pidfd >= 0 ? pidfd_child(*pidfd) : -EPROTO;

	if (pid < 0)
		return rl_fail(r->e, pid, "take over the container's process");
	pidfd_reap(r->pidfd, &status);
	auto_close(&r->pidfd);
	r->pidfd = RL_TAKE_FD(*pidfd);
	r->pid = pid;
	r->handovers--;
	return 0;
}

static int take_message(struct run *r, const struct message *m, int *fd, int step, bool *ret_at)
{
	switch (m->type) {
	case MESSAGE_PID:
		return take_over(r, fd);
	case MESSAGE_STEP:
		if (m->step >= 0 && m->step < STEPS)
			r->times[m->step] = (struct trace_time){ m->t0, m->t1 };
		return 0;
	case MESSAGE_ERROR:
		/* As long as it runs in our memory the OOM killer spares it (clone-host.c). */
		if (m->err.code == ENOMEM && m->err.step == STEP_clone)
			return out_of_memory(r);
		return rl_err_take(r->e, &m->err);
	case MESSAGE_AT:
		*ret_at = m->step == step;
		if (!*ret_at)
			break;
		auto_close(&r->spent_fd);
		r->spent_fd = RL_TAKE_FD(*fd);
		return 0;
	default:
		break;
	}
	return rl_fail(r->e, -EPROTO, "keep step with the container's process");
}

int run_wait_stub(struct run *r, int step)
{
	bool at = false;

	/* Both processes of a hand-over write to one socket: AT may come before PID. */
	while (!at || r->handovers) {
		struct message m;
		int fd = -EBADF, ret = receive(r, &m, &fd);

		if (ret == 0)
			ret = take_message(r, &m, &fd, step, &at);
		auto_close(&fd);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int let_stub_go(struct run *r)
{
	struct message m = { .type = MESSAGE_GO, .pid = r->pid };

	r->stub_waits = false;
	if (send(r->sock, &m, message_size(m.type), MSG_NOSIGNAL) >= 0) {
		auto_close(&r->spent_fd);
		return 0;
	}
	return errno == EPIPE ? stub_died(r) :
				rl_fail(r->e, -errno, "let the container's process go on");
}

/* Whether rows of the stub stand between the row before `step` and `step`. */
static bool stub_is_ahead(const struct run *r, int step)
{
	return step > STEP_bridge && step <= STEP_created && !r->stub_waits && r->sock >= 0;
}

static int run_row(struct run *r, int step)
{
	int ret;

	if (stub_is_ahead(r, step)) {
		ret = run_wait_stub(r, step);
		if (ret < 0)
			return ret;
		r->stub_waits = true;
	}
	r->step = step;
	r->times[step].t0 = clock_ns();
	if (run_is_fault(step))
		return rl_fail(r->e, -EIO, "pass the fault point of this step");
	ret = rows[step].run(r);
	if (ret < 0)
		return rl_fail(r->e, ret, "carry out this step");
	r->times[step].t1 = clock_ns();
	log_debug("%s: %lld us", names[step],
		  (long long)(r->times[step].t1 - r->times[step].t0) / 1000);
	return 0;
}

/* Undo all HOST rows that ran, newest first. */
static void undo(struct run *r)
{
	for (int step = r->step; step >= 0; step--)
		if (rows[step].undo && r->times[step].t0)
			rows[step].undo(r);
	r->step = -1;
}

/* What is executed at once waits for run_start(). */
static bool is_kept_waiting(const struct run *r, int last)
{
	return r->p->at_once && last == STEP_created;
}

/* Run the rows up to and including `last`, keeping step with the stub. */
static int run_rows(struct run *r, int last)
{
	int ret = 0, passed = -1;

	for (int step = r->step + 1; step <= last && ret == 0; step++) {
		if (!steps_needed(r->p, step))
			continue;
		if (steps_stage(step) == STEP_STAGE_HOST)
			ret = run_row(r, step);
		else if (r->stub_waits)
			ret = let_stub_go(r);
		if (steps_stage(step) != STEP_STAGE_HOST)
			passed = step;
		if (steps_stage(step) == STEP_STAGE_BRIDGE)
			r->handovers++;
	}
	if (ret == 0 && r->stub_waits && !is_kept_waiting(r, last))
		ret = let_stub_go(r);
	if (ret == 0)
		return 0;
	r->reached = r->e->step;
	if (r->e->step < 0) {
		/* A stub that was killed says nothing: it may have come to its last row. */
		r->reached = passed > r->step ? passed : r->step;
		r->e->step = r->step;
	}
	return ret;
}

int run_create(struct run *r)
{
	int ret = run_rows(r, STEP_created);

	if (ret == 0)
		return 0;
	bundle_locate(&r->bundle, r->e);
	undo(r);
	/* When hooks fail, the life cycle goes on with the poststop hooks; and so it does where
	 * they may have run, for what they did is to be taken back. Of what is kept delete runs
	 * them. */
	if (r->reached >= STEP_hooks_prestart && !r->kept)
		hooks_host_poststop(r->p);
	return ret;
}

int run_exec(struct run *r)
{
	int ret = run_rows(r, STEP_created);

	if (ret == 0) {
		r->step = STEP_exec;
		ret = start_follow(r->sock, r->o->trace ? r->times : NULL, r->e);
	}
	if (ret == 0)
		ret = run_rows(r, STEPS - 1);
	if (ret < 0)
		undo(r);
	return ret;
}

int run_start(struct run *r)
{
	const bool trace = r->o && r->o->trace;
	int ret = r->p->at_once ? let_stub_go(r) : start_send(r->sock, trace, r->e);

	if (ret == 0)
		ret = start_follow(r->sock, trace ? r->times : NULL, r->e);
	if (ret < 0)
		return rl_fail(r->e, ret, "start the container's process");
	if (!r->p->at_once) {
		status_set(&r->record, STATUS_RUNNING);
		ret = record_save(r->state_fd, &r->record, r->e);
	}
	/* The stub is gone: what is left are rows of HOST. */
	return ret < 0 ? ret : run_rows(r, STEPS - 1);
}
