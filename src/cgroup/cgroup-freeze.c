/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Freezes and thaws the processes of a container; see cgroup.h.
 *
 * Version 1 freezes by its controller "freezer", version 2 by itself. A hybrid host has both: there
 * it is version 1, whose state engines and people look at. A process that waits in the kernel may
 * wait for one that is frozen already, and both for ever: then all are thawed for a moment.
 */
#include "cgroup/cgroup-freeze.h"

#include "base/auto.h"
#include "cgroup/cgroup-wait.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/cgroup.h"
#include "os/clock.h"
#include "os/fdio.h"
#include "os/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TRY_MS   200   /* for the first try; the next ones have twice as long each */
#define PAUSE_MS 10    /* thawed, between the first two; grows as well */
#define THAW_MS  5000  /* for what is thawed to run again */
#define REACH_MS 10000 /* to thaw all that is below, however much there is */

/* How a version is frozen: kernel, admin-guide/cgroup-v1/freezer-subsystem.rst and cgroup-v2.rst.
 */
struct kind {
	const char *control, *freeze, *thaw; /* what is written */
	const char *state, *frozen, *thawed; /* what is read */
	const char *self; /* says "1" where it was written, not in the cgroups below */
};

enum { V1, V2, KINDS };

static const struct kind kinds[KINDS] = {
	[V1] = { "freezer.state", "FROZEN", "THAWED", "freezer.state", "FROZEN", "THAWED",
		 "freezer.self_freezing" },
	[V2] = { "cgroup.freeze", "1", "0", "cgroup.events", "frozen 1", "frozen 0",
		 "cgroup.freeze" },
};

/* The container's directory where it can be frozen. */
struct freezer {
	const struct kind *kind;
	const char *path;
	int fd; /* negative: there is none of this version */
};

struct freezers {
	struct freezer f[KINDS];
};

#define FREEZERS_NONE                        \
	{                                    \
		{                            \
			{ .fd = -EBADF },    \
			{                    \
				.fd = -EBADF \
			}                    \
		}                            \
	}

static void freezers_done(struct freezers *all)
{
	for (int k = 0; k < KINDS; k++)
		if (all->f[k].fd >= 0)
			close(all->f[k].fd);
}

static void take(struct freezers *all, const char *path, int *fd)
{
	for (int k = 0; k < KINDS; k++)
		if (all->f[k].fd < 0 && cgroup_walk_has_file(*fd, kinds[k].control))
			all->f[k] = (struct freezer){ &kinds[k], path, RL_TAKE_FD(*fd) };
}

/*
 * Those that are there. All are looked at before one is touched: a record that is wrong in one may
 * be wrong in all. Returns how many of its directories exist, or a negative errno.
 */
static int freezers_open(const struct cgroup_record *r, struct freezers *all, struct rl_err *e)
{
	int n = 0;

	for (size_t i = 0; i < r->n; i++) {
		rl_autoclose int fd = cgroup_walk_open(&r->dirs[i], e);

		if (fd < 0 && fd != -ENOENT)
			return fd;
		if (fd >= 0)
			take(all, r->dirs[i].path, &fd);
		n += fd != -ENOENT;
	}
	return n;
}

/* The same, and none is an error. */
static int freezers_need(const struct cgroup_record *r, struct freezers *all, struct rl_err *e)
{
	int n = freezers_open(r, all, e);

	if (n < 0)
		return n;
	if (!r->n) {
		rl_hint(e, "it was made with --cgroup-manager=disabled");
		return rl_whole(e, -EOPNOTSUPP,
				"the container has no cgroup, and so cannot be frozen");
	}
	if (!n)
		return rl_whole(e, -ENOENT, "the cgroup %s is gone", r->dirs[0].path);
	if (all->f[V1].fd >= 0 || all->f[V2].fd >= 0)
		return 0;
	rl_hint(e, "mount the freezer controller of cgroup v1, or cgroup v2");
	return rl_whole(e, -EOPNOTSUPP, "this host has no freezer: the cgroup %s cannot be frozen",
			r->dirs[0].path);
}

/* Open the cgroup above; *fd becomes that one. */
static int go_up(int *fd, char *path)
{
	char *slash = strrchr(path, '/');
	int above = slash ? fdio_open_at(*fd, "..", O_RDONLY | O_DIRECTORY, 0) : -ENOENT;

	if (above < 0)
		return above;
	close(*fd);
	*fd = above;
	*slash = 0;
	return 0;
}

/* Whether a cgroup above is frozen, so that ours stays so; its path. */
static bool frozen_above(const struct freezer *f, char path[static PATH_MAX])
{
	rl_autoclose int fd = fdio_open_at(f->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	char text[16];

	snprintf(path, PATH_MAX, "%s", f->path);
	/* The root of a hierarchy has no such file. */
	while (fd >= 0 && go_up(&fd, path) == 0 &&
	       fdio_read_at(fd, f->kind->self, text, sizeof(text)) > 0)
		if (text[0] == '1')
			return true;
	return false;
}

static int thaw(const struct freezer *f, struct rl_err *e)
{
	char above[PATH_MAX];
	int r = fdio_write_at(f->fd, f->kind->control, f->kind->thaw);

	if (r >= 0 && frozen_above(f, above)) {
		rl_hint(e, "it goes on when that one is thawed");
		return rl_whole(e, -EBUSY, "the cgroup %s stays frozen: %s above it is frozen",
				f->path, above);
	}
	if (r >= 0)
		r = cgroup_wait(f->fd, f->kind->state, f->kind->thawed, clock_ms() + THAW_MS, NULL);
	return r < 0 && !cgroup_walk_is_gone(r) ? rl_fail(e, r, "thaw the cgroup %s", f->path) : 0;
}

/* Again and again; 0, -ETIMEDOUT, -EINTR or another negative errno. */
static int freeze(const struct freezer *f, int64_t deadline, const struct interrupt *interrupt)
{
	const struct kind *k = f->kind;

	for (int n = 1;; n *= 2) {
		int64_t until = clock_ms() + (int64_t)n * TRY_MS;
		int r = fdio_write_at(f->fd, k->control, k->freeze);

		if (r >= 0)
			r = cgroup_wait(f->fd, k->state, k->frozen,
					until < deadline ? until : deadline, interrupt);
		if (r >= 0 && interrupt_is_pending(interrupt))
			r = -EINTR;
		if (r != -ETIMEDOUT || clock_ms() >= deadline)
			return r;
		r = fdio_write_at(f->fd, k->control, k->thaw);
		if (r < 0)
			return r;
		poll(NULL, 0, n * PAUSE_MS);
	}
}

static int describe(const struct freezer *f, int r, int ms, struct rl_err *e)
{
	if (r == -EINTR)
		return rl_whole(e, r, "a signal came before the cgroup %s was frozen", f->path);
	if (r != -ETIMEDOUT)
		return rl_fail(e, r, "freeze the cgroup %s", f->path);
	rl_hint(e, "after %d ms one of them still waits in the kernel (state D in ps)", ms);
	return rl_whole(e, r, "the processes of the cgroup %s do not all freeze", f->path);
}

/* What does not freeze whole goes on. */
static int freeze_or_thaw(const struct freezer *f, int ms, struct rl_err *e)
{
	rl_auto(interrupt_done) struct interrupt interrupt;
	struct rl_err later = RL_ERR_INIT;
	int r;

	interrupt_hold(&interrupt);
	r = freeze(f, clock_ms() + ms, &interrupt);
	if (r >= 0)
		return 0;
	if (thaw(f, &later) < 0)
		rl_hint(e, "what is frozen of it could not be thawed again: rundlet resume");
	return describe(f, r, ms, e);
}

int cgroup_freeze(const struct cgroup_record *r, int ms, struct rl_err *e)
{
	rl_auto(freezers_done) struct freezers all = FREEZERS_NONE;
	int ret = freezers_need(r, &all, e);

	return ret < 0 ? ret : freeze_or_thaw(&all.f[all.f[V1].fd >= 0 ? V1 : V2], ms, e);
}

int cgroup_thaw(const struct cgroup_record *r, struct rl_err *e)
{
	rl_auto(freezers_done) struct freezers all = FREEZERS_NONE;
	int first = freezers_need(r, &all, e);

	for (int k = 0; k < KINDS && first >= 0; k++) {
		int ret = all.f[k].fd >= 0 ? thaw(&all.f[k], e) : 0;

		first = first ? first : ret;
	}
	return first;
}

static int end_group(int group, void *arg)
{
	(void)arg;
	fdio_write_at(group, kinds[V1].control, kinds[V1].thaw);
	return 0;
}

void cgroup_freeze_end(int top, int64_t deadline)
{
	const struct cgroup_walk w = { .enter = end_group, .deadline = deadline };

	if (cgroup_walk_has_file(top, kinds[V1].control))
		cgroup_walk(top, &w);
}

int cgroup_thaw_killed(const struct cgroup_record *r, struct rl_err *e)
{
	rl_auto(freezers_done) struct freezers all = FREEZERS_NONE;
	int ret = freezers_open(r, &all, e);

	/* Gone: it has died already. */
	if (ret < 0 || all.f[V1].fd < 0)
		return ret < 0 ? ret : 0;
	cgroup_freeze_end(all.f[V1].fd, clock_ms() + REACH_MS);
	return thaw(&all.f[V1], e);
}

/* The text of a file of the cgroup, or "". */
static const char *read_file(int dirfd, const char *group, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", group, file) >= (int)sizeof(path) ||
	    fdio_read_at(dirfd, path, buf, size) < 0)
		buf[0] = 0;
	return buf;
}

/* v2, and what it does not call frozen yet: who was to freeze it is gone. */
static bool freezes(int dirfd, const char *group)
{
	char text[128];

	return read_file(dirfd, group, kinds[V2].state, text, sizeof(text))[0] &&
	       (strstr(text, kinds[V2].frozen) ||
		read_file(dirfd, group, kinds[V2].control, text, sizeof(text))[0] == '1');
}

bool cgroup_freezes(int dir_fd)
{
	return freezes(dir_fd, ".");
}

/* FREEZING, too. */
static bool is_frozen(const struct cgroup_record_dir *d)
{
	char text[128];

	if (d->freezer == CGROUP_FREEZER_NONE)
		return false;
	if (d->freezer != CGROUP_FREEZER_V2 &&
	    read_file(AT_FDCWD, d->path, kinds[V1].state, text, sizeof(text))[0])
		return !strstr(text, kinds[V1].thawed);
	return d->freezer != CGROUP_FREEZER_V1 && freezes(AT_FDCWD, d->path);
}

bool cgroup_is_frozen(const struct cgroup_record *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (is_frozen(&r->dirs[i]))
			return true;
	return false;
}
