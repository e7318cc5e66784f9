/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals the processes of a container's cgroup; see cgroup.h.
 *
 * A pid that was read from cgroup.procs may be another process's by the time of the signal. So a
 * batch is read, opened (pidfd_open(2)), and read again: a pid that still is in the cgroup then, is
 * the one that was opened, or that one is dead and the signal goes nowhere.
 */
#include "base/auto.h"
#include "base/fault.h"
#include "cgroup/cgroup-freeze.h"
#include "cgroup/cgroup-procs.h"
#include "cgroup/cgroup-wait.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/cgroup.h"
#include "os/clock.h"
#include "os/fdio.h"
#include "os/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS  5000  /* for killed processes to go */
#define REACH_MS 60000 /* to reach all processes, however many there are */
#define BATCH    64    /* descriptors of processes that are open at a time */

struct process {
	pid_t pid;
	int fd;
	bool listed; /* after it was opened */
};

struct sending {
	int signal;
	int64_t deadline;
	bool any; /* a process was found */
};

/* Signal those that are still in the cgroup, and close all. */
static int signal_batch(int group, struct process *batch, size_t n, int signal)
{
	rl_autofree char *procs = NULL;
	int r = cgroup_procs_read(group, &procs);
	const char *p = procs;

	while (p) {
		pid_t pid = cgroup_procs_next(&p);

		for (size_t i = 0; i < n; i++)
			batch[i].listed |= batch[i].pid == pid;
	}
	for (size_t i = 0; i < n; i++) {
		int s = batch[i].listed ? pidfd_signal(batch[i].fd, signal) : 0;

		if (s < 0 && s != -ESRCH && r == 0)
			r = s;
		close(batch[i].fd);
	}
	return r;
}

/* Open the next processes of the list. Returns the first error; the others are opened. */
static int open_batch(const char **p, struct process batch[static BATCH], size_t *ret_n)
{
	int r = 0;
	size_t n = 0;

	while (*p && n < BATCH) {
		pid_t pid = cgroup_procs_next(p);
		/* 0: a process of a pid namespace that ours does not see. */
		int fd = pid > 0 ? pidfd_of(pid) : -ESRCH;

		if (fd >= 0)
			batch[n++] = (struct process){ .pid = pid, .fd = fd };
		else if (fd != -ESRCH && fd != -EINVAL && r == 0)
			r = fd;
	}
	*ret_n = n;
	return r;
}

/* Signal all processes of one cgroup. Returns 0 or the first error. */
static int signal_group(int group, void *arg)
{
	rl_autofree char *procs = NULL;
	struct process batch[BATCH];
	struct sending *s = arg;
	int r = cgroup_procs_read(group, &procs), first = r;
	const char *p = procs;

	s->any |= p != NULL;
	while (p) {
		size_t n;

		r = open_batch(&p, batch, &n);
		first = first ? first : r;
		r = signal_batch(group, batch, n, s->signal);
		first = first ? first : r;
		if (p && clock_ms() >= s->deadline)
			return first ? first : -ETIME;
	}
	return first;
}

/* Signal all processes of a cgroup and those below it. */
static int signal_tree(int top, struct sending *s)
{
	const struct cgroup_walk w = { .enter = signal_group, .arg = s, .deadline = s->deadline };

	return cgroup_walk(top, &w);
}

/* Kill until nobody is left: what forks faster than it is killed loses in the end. */
static int drain(int top, int64_t wait_deadline, int64_t deadline)
{
	int64_t us = 100;

	for (;;) {
		struct sending s = { .signal = SIGKILL, .deadline = deadline };
		int r = signal_tree(top, &s);

		if (!s.any || r == -ETIME)
			return r;
		if (clock_ms() >= wait_deadline)
			return r < 0 ? r : -ETIMEDOUT;
		usleep((useconds_t)us);
		us = us < 10000 ? us * 2 : us;
	}
}

/* The container's directory in one hierarchy. */
struct target {
	const char *path;
	int fd; /* negative: it is gone */
	enum { NOBODY, SIGNALLED, BY_KERNEL } how;
};

struct targets {
	struct target t[CGROUPFS_MAX];
	size_t n;
	const char *failed; /* the path with the first error */
	int error;
};

static void targets_done(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->t[i].fd >= 0)
			close(t->t[i].fd);
	t->n = 0;
}

static void keep_error(struct targets *t, const struct target *at, int r)
{
	if (r >= 0 || t->error)
		return;
	t->error = r;
	t->failed = at->path;
}

/* Open all before one is touched: a record that is wrong in one may be wrong in all. */
static int targets_open(const struct cgroup_record *r, struct targets *t, struct rl_err *e)
{
	if (r->n > CGROUPFS_MAX)
		return rl_fail(e, -E2BIG, "read the record of the container's cgroups");
	for (size_t i = 0; i < r->n; i++) {
		int fd = cgroup_walk_open(&r->dirs[i], e);

		if (fd < 0 && fd != -ENOENT)
			return fd;
		t->t[t->n++] = (struct target){ .path = r->dirs[i].path, .fd = fd };
	}
	return 0;
}

/* Kill what is in one hierarchy now. */
static void kill_one(struct target *t, int64_t deadline)
{
	struct sending s = { .signal = SIGKILL, .deadline = deadline };

	if (!fault_is_denied("cgroup_kill") && fdio_write_at(t->fd, "cgroup.kill", "1") == 0) {
		t->how = BY_KERNEL; /* v2: all at once */
		return;
	}
	/* An error is met again, and told, when it is waited for. */
	t->how = signal_tree(t->fd, &s) < 0 || s.any ? SIGNALLED : NOBODY;
}

static int wait_one(const struct target *t, int64_t wait_deadline, int64_t deadline)
{
	int r;

	if (t->how == NOBODY)
		return 0;
	if (t->how == SIGNALLED)
		return drain(t->fd, wait_deadline, deadline);
	r = cgroup_wait(t->fd, "cgroup.events", "populated 0", wait_deadline, NULL);
	return cgroup_walk_is_gone(r) ? 0 : r;
}

/* First everywhere, then thaw, then wait: a frozen one dies only when all of that is done. */
static void kill_all(struct targets *t)
{
	int64_t deadline = clock_ms() + REACH_MS, wait_deadline;

	for (size_t i = 0; i < t->n; i++)
		if (t->t[i].fd >= 0)
			kill_one(&t->t[i], deadline);
	for (size_t i = 0; i < t->n; i++)
		if (t->t[i].how == SIGNALLED)
			cgroup_freeze_end(t->t[i].fd, deadline);
	wait_deadline = clock_ms() + WAIT_MS;
	for (size_t i = 0; i < t->n; i++)
		keep_error(t, &t->t[i], wait_one(&t->t[i], wait_deadline, deadline));
}

/* Other signals go once to each process: through one hierarchy, as all have the same processes. */
static void signal_once(struct targets *t, int signal)
{
	struct sending s = { .signal = signal, .deadline = clock_ms() + REACH_MS };

	for (size_t i = 0; i < t->n; i++) {
		if (t->t[i].fd < 0)
			continue;
		keep_error(t, &t->t[i], signal_tree(t->t[i].fd, &s));
		return;
	}
}

static int describe(const struct targets *t, int signal, struct rl_err *e)
{
	if (t->error == -ETIMEDOUT) {
		rl_whole(e, t->error, "processes of the cgroup %s do not end", t->failed);
		rl_hint(e,
			"they were killed %d seconds ago: they wait in the kernel (state D in ps), or a "
			"cgroup above is frozen",
			WAIT_MS / 1000);
	} else if (t->error == -ETIME) {
		rl_whole(e, t->error, "the processes of the cgroup %s are not all reached",
			 t->failed);
		rl_hint(e, "there are too many cgroups or processes for %d seconds: try again",
			REACH_MS / 1000);
	} else {
		rl_fail(e, t->error, "send signal %d to the processes of the cgroup %s", signal,
			t->failed);
	}
	return t->error;
}

int cgroup_kill(const struct cgroup_record *r, int signal, struct rl_err *e)
{
	rl_auto(targets_done) struct targets t = { 0 };
	int ret = targets_open(r, &t, e);

	if (ret < 0)
		return ret;
	if (signal == SIGKILL)
		kill_all(&t);
	else
		signal_once(&t, signal);
	return t.error ? describe(&t, signal, e) : 0;
}
