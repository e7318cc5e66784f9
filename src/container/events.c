/* SPDX-License-Identifier: Apache-2.0 */
/* stats and events: what a container uses, and when its memory runs out. No lock is held. */
#include "container/container.h"

#include "base/auto.h"
#include "base/log.h"
#include "cgroup/oom-watch.h"
#include "cgroup/stats/stats.h"
#include "container/oom-note.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/pidfd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

/* A container that is looked at. */
struct watch {
	const char *id;
	FILE *out;
	struct record_doc d;
	struct stats stats;
	struct oom_watch oom;
	int pidfd;
	int timer;
	int note; /* see oom-note.h */
	struct rl_err *e;
};

#define WATCH_INIT                                                                        \
	{                                                                                 \
		.oom = { .fd = -EBADF }, .pidfd = -EBADF, .timer = -EBADF, .note = -EBADF \
	}

static void watch_done(struct watch *w)
{
	oom_watch_close(&w->oom);
	stats_close(&w->stats);
	record_done(&w->d);
	auto_close(&w->pidfd);
	auto_close(&w->timer);
	auto_close(&w->note);
}

/* The words are those of runc. */
static int fail_not_running(const struct watch *w)
{
	return rl_whole(w->e, -ESRCH, "container with id %s is not running", w->id);
}

static int find_process(struct watch *w, int state_fd)
{
	enum status s;
	int r = status_find(state_fd, &w->d, false, &s, &w->pidfd, w->e);

	if (r < 0)
		return r;
	if (s == STATUS_CREATING)
		return rl_whole(w->e, -EBUSY, "container with id %s is still being created", w->id);
	return s == STATUS_STOPPED ? fail_not_running(w) : 0;
}

/* What is to be known to describe the container. */
static int watch_open(struct watch *w, const char *id, FILE *out, int state_fd, struct rl_err *e)
{
	int r;

	w->id = id;
	w->out = out;
	w->e = e;
	r = record_need(state_fd, id, &w->d, e);
	if (r == 0)
		r = find_process(w, state_fd);
	if (r < 0)
		return r;
	if (!w->d.cgroups.n) {
		rl_whole(w->e, -ENODATA, "the container has no cgroup, and so nothing is counted");
		rl_hint(w->e, "it was made with --cgroup-manager=disabled");
		return -ENODATA;
	}
	r = stats_open(&w->d.cgroups, &w->d.rdt, &w->stats, w->e);
	return r == -ENOENT && pidfd_wait(w->pidfd, 0) ? fail_not_running(w) : r;
}

/* What is to be known to tell of lack of memory. */
static int watch_open_oom(struct watch *w, int state_fd)
{
	w->note = oom_note_ask(state_fd);
	if (w->note < 0)
		log_warn(
			"make a file in the state directory: %s: an end for lack of memory may be missed, ignoring",
			rl_errno_text(-w->note));
	return oom_watch_open(&w->stats, &w->oom, w->e);
}

/* --- one line --- */

/* The whole line at once; whoever reads it is to see it now. */
static int write_line(const struct watch *w, const char *text, size_t len)
{
	errno = 0;
	if (fwrite(text, 1, len, w->out) == len && fflush(w->out) == 0)
		return 0;
	return rl_fail(w->e, errno ? -errno : -EIO, "write an event");
}

static int describe(const struct watch *w, FILE *out, const char *type)
{
	struct report r;
	int ret = 0;

	report_begin(&r, out, REPORT_JSON_LINE);
	report_str(&r, "type", type);
	report_str(&r, "id", w->id);
	if (!strcmp(type, "stats")) {
		report_object(&r, "data");
		ret = stats_print(&w->stats, &r, w->e);
		report_close(&r);
	}
	report_end(&r);
	return ret;
}

static int tell(const struct watch *w, const char *type)
{
	rl_autofree char *text = NULL;
	size_t len = 0;
	FILE *line = open_memstream(&text, &len);
	int r;

	if (!line)
		return rl_fail(w->e, -ENOMEM, "describe an event");
	r = describe(w, line, type);
	if (fclose(line) != 0 && r == 0)
		r = rl_fail(w->e, -ENOMEM, "describe an event");
	return r < 0 ? r : write_line(w, text, len);
}

/* --- all lines --- */

enum { ENDED, TICK, OOM, READER, N_WAITED };

/* Wait for the next thing. False: nothing has happened but time. */
static int wait_for(const struct watch *w, struct pollfd p[static N_WAITED])
{
	int n;

	p[ENDED] = (struct pollfd){ .fd = w->pidfd, .events = POLLIN };
	p[TICK] = (struct pollfd){ .fd = w->timer, .events = POLLIN };
	p[OOM] = (struct pollfd){ .fd = w->oom.fd, .events = w->oom.events };
	/* A pipe or terminal whose other end is gone says so without being asked. */
	p[READER] = (struct pollfd){ .fd = fileno(w->out) };
	do {
		n = poll(p, N_WAITED, w->oom.wait_ms);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? rl_fail(w->e, -errno, "wait for an event") : 0;
}

static int tick(const struct watch *w)
{
	uint64_t times;

	/* How often, if we were late, does not matter. */
	if (read(w->timer, &times, sizeof(times)) < 0)
		return rl_fail(w->e, -errno, "read the timer");
	return tell(w, "stats");
}

static int watch_all(struct watch *w)
{
	struct pollfd p[N_WAITED];
	int r = 0;

	while (r == 0) {
		bool killed;

		r = wait_for(w, p);
		if (r < 0)
			return r;
		/* First this: what is killed is counted before it ends. */
		killed = p[ENDED].revents ? oom_watch_look_last(&w->oom, oom_note_read(w->note)) :
					    oom_watch_look(&w->oom);
		if (p[READER].revents)
			return rl_fail(w->e, -EPIPE, "write an event");
		if (killed)
			r = tell(w, "oom");
		if (p[ENDED].revents)
			return r;
		if (r == 0 && p[TICK].revents)
			r = tick(w);
	}
	return r;
}

static int start_timer(uint64_t ns, int *ret, struct rl_err *e)
{
	const struct timespec each = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	const struct itimerspec spec = { each, each };
	rl_autoclose int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0)
		return rl_fail(e, -errno, "start a timer");
	*ret = RL_TAKE_FD(fd);
	return 0;
}

int container_events(const char *root, const char *id, uint64_t interval_ns, FILE *out,
		     struct rl_err *e)
{
	rl_autoclose int state_fd = state_dir_open(root, id, e);
	rl_auto(watch_done) struct watch w = WATCH_INIT;
	int r = watch_open(&w, id, out, state_fd, e);

	if (r == 0)
		r = watch_open_oom(&w, state_fd);
	if (r == 0)
		r = start_timer(interval_ns, &w.timer, e);
	return r < 0 ? r : watch_all(&w);
}

int container_stats(const char *root, const char *id, FILE *out, struct rl_err *e)
{
	rl_autoclose int state_fd = state_dir_open(root, id, e);
	rl_auto(watch_done) struct watch w = WATCH_INIT;
	int r = watch_open(&w, id, out, state_fd, e);

	return r < 0 ? r : tell(&w, "stats");
}
