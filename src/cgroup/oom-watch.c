/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches for kills by the OOM killer; see oom-watch.h, "Memory Interface Files" in cgroup-v2.rst
 * and "OOM Control" in cgroup-v1/memory.rst.
 */
#include "cgroup/oom-watch.h"

#include "base/auto.h"
#include "base/log.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/stats/stats-text.h"
#include "os/clock.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#define EVENTS_V1 "memory.oom_control"
#define EVENTS_V2 "memory.events"

#define FIRST_WAIT_MS 1
#define LAST_WAIT_MS  1024 /* from one to the next it doubles */
#define WALK_MS       1000 /* for all cgroups below that of the container */

static bool has_file(const struct stats_dir *d, const char *file)
{
	return cgroup_walk_has_file(d->fd, file);
}

/* --- what the kernel counts --- */

/* Reading it from its start also arms the next POLLPRI. */
static int read_v2(int fd, uint64_t *ret_told, uint64_t *ret_kills)
{
	char text[512];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = 0;
	stats_text_value(text, "oom", ret_told);
	stats_text_value(text, "oom_kill", ret_kills);
	return 0;
}

static int add_kills(int fd, void *arg)
{
	uint64_t *kills = arg, n = 0;
	char text[256];
	int r = fdio_read_at(fd, EVENTS_V1, text, sizeof(text));

	if (r < 0)
		return r;
	stats_text_value(text, "oom_kill", &n);
	*kills += n;
	return 0;
}

/* A cgroup of v1 counts for itself alone: the sum is that of all below the container's, too. */
static int sum_v1(const struct stats_dir *d, uint64_t *ret_kills)
{
	const struct cgroup_walk walk = { .enter = add_kills,
					  .arg = ret_kills,
					  .deadline = clock_ms() + WALK_MS };

	*ret_kills = 0;
	if (!has_file(d, EVENTS_V1))
		return -ENODEV;
	/* What cannot be read below counts nothing. */
	cgroup_walk(d->fd, &walk);
	return 0;
}

/* An eventfd holds how often the kernel told; it also tells that the cgroup was removed. */
static int read_v1(const struct oom_watch *w, uint64_t *ret_told, uint64_t *ret_kills)
{
	uint64_t new = 0;

	if (w->fd >= 0 && read(w->fd, &new, sizeof(new)) < 0)
		new = 0;
	*ret_told = w->told + new;
	return sum_v1(w->dir, ret_kills);
}

/* What is counted now: to be looked at again soon if memory ran out and nobody is killed yet. */
static bool judge(struct oom_watch *w, uint64_t told, uint64_t kills)
{
	bool killed = kills > w->kills;

	if (killed)
		w->wait_ms = -1;
	else if (told != w->told)
		w->wait_ms = FIRST_WAIT_MS;
	else if (w->wait_ms > 0)
		w->wait_ms = w->wait_ms < LAST_WAIT_MS ? w->wait_ms * 2 : -1;
	w->unsettled = w->wait_ms > 0;
	w->told = told;
	w->kills = kills;
	return killed;
}

bool oom_watch_look(struct oom_watch *w)
{
	uint64_t told = w->told, kills = w->kills;
	int r;

	if (!w->dir)
		return false;
	r = w->dir->v2 ? read_v2(w->fd, &told, &kills) : read_v1(w, &told, &kills);
	if (r == 0)
		return judge(w, told, kills);
	/* A file of a cgroup that is gone would end every poll(2) at once. */
	oom_watch_close(w);
	w->dir = NULL;
	w->wait_ms = -1;
	return false;
}

bool oom_watch_look_last(struct oom_watch *w, uint64_t noted)
{
	return oom_watch_look(w) || (!w->dir && (w->unsettled || noted > w->kills));
}

/* --- being told --- */

/* Have the kernel add 1 to an eventfd whenever memory runs out. */
static int register_v1(const struct stats_dir *d)
{
	rl_autoclose int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rl_autoclose int file = -EBADF;
	char text[32];
	int r;

	if (event < 0)
		return -errno;
	file = fdio_open_at(d->fd, EVENTS_V1, O_RDONLY, 0);
	if (file < 0)
		return file;
	snprintf(text, sizeof(text), "%d %d", event, file);
	r = fdio_write_at(d->fd, "cgroup.event_control", text);
	return r < 0 ? r : RL_TAKE_FD(event);
}

static const struct stats_dir *find_dir(const struct stats *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (has_file(&s->dirs[i], s->dirs[i].v2 ? EVENTS_V2 : EVENTS_V1))
			return &s->dirs[i];
	return NULL;
}

int oom_watch_open(const struct stats *s, struct oom_watch *ret, struct rl_err *e)
{
	int r;

	*ret = (struct oom_watch){ .fd = -1, .wait_ms = -1, .dir = find_dir(s) };
	if (!ret->dir) {
		log_warn(
			"the container has no memory controller: a lack of memory is not seen, ignoring");
		return 0;
	}
	if (ret->dir->v2) {
		r = fdio_open_at(ret->dir->fd, EVENTS_V2, O_RDONLY, 0);
		if (r < 0)
			return rl_fail(e, r, "open " EVENTS_V2 " of the cgroup %s", ret->dir->path);
		ret->events = POLLPRI;
	} else {
		r = register_v1(ret->dir);
		if (r < 0)
			log_warn(
				"cgroup %s: the kernel does not tell when memory runs out (%s): it is seen at the next interval, ignoring",
				ret->dir->path, rl_errno_text(-r));
		ret->events = POLLIN;
	}
	ret->fd = r < 0 ? -1 : r;
	/* What was killed before is no news. */
	oom_watch_look(ret);
	ret->wait_ms = -1;
	ret->unsettled = false;
	return 0;
}

void oom_watch_close(struct oom_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

uint64_t oom_watch_count(const struct cgroup_record *r)
{
	rl_auto(stats_close) struct stats s = { 0 };
	struct rl_err ignored = RL_ERR_INIT;
	const struct stats_dir *d;
	uint64_t told, kills = 0;

	if (stats_open(r, NULL, &s, &ignored) < 0)
		return 0;
	d = find_dir(&s);
	if (d && d->v2) {
		rl_autoclose int fd = fdio_open_at(d->fd, EVENTS_V2, O_RDONLY, 0);

		if (fd >= 0)
			read_v2(fd, &told, &kills);
	} else if (d) {
		sum_v1(d, &kills);
	}
	return kills;
}
