/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes the cgroup directories of a container; see cgroup.h.
 *
 * What is to be removed comes from state.json: cgroup_walk_open() checks it.
 */
#include "base/auto.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/cgroup.h"
#include "cgroup/devices/device-rules.h"
#include "cgroup/systemd/scope.h"
#include "os/clock.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#define WAIT_MS  2000  /* for a cgroup whose last process is just leaving */
#define PAUSE_US 10000 /* between two looks at who is in it */
#define REACH_MS 60000 /* to reach all that is below, however much there is */

/* rmdir, again and again while it is busy. */
static int remove_dir(int dirfd, const char *name, int64_t deadline)
{
	int64_t us = 100;

	for (;;) {
		int r = fdio_unlink_at(dirfd, name, AT_REMOVEDIR);

		if (cgroup_walk_is_gone(r))
			return 0;
		if (r != -EBUSY || clock_ms() >= deadline)
			return r;
		usleep((useconds_t)us);
		us = us < 20000 ? us * 2 : us;
	}
}

static int remove_child(int above_fd, const char *name, void *arg)
{
	const int64_t *deadline = arg;

	return remove_dir(above_fd, name, *deadline);
}

/* Where ours is gone, nobody looked at it. */
static bool is_cgroup(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) < 0 || fs.f_type == CGROUP_SUPER_MAGIC ||
	       fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Remove the directories above ours, while they are ours and nobody uses them. */
static void remove_ancestors(const struct cgroup_record_dir *d)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", d->path);
	for (;;) {
		int r;

		*strrchr(path, '/') = 0;
		if (strlen(path) <= strlen(d->stop) || !is_cgroup(path))
			return;
		r = fdio_unlink_at(AT_FDCWD, path, AT_REMOVEDIR);
		if (r < 0 && !cgroup_walk_is_gone(r))
			return;
	}
}

/* Remove all that is below the directory, and it if it is ours. */
static int remove_tree(int fd, const struct cgroup_record_dir *d, int64_t deadline)
{
	const struct cgroup_walk w = { .leave = remove_child,
				       .arg = &deadline,
				       .deadline = clock_ms() + REACH_MS };
	bool ours = strcmp(d->path, d->stop) != 0;
	int r = cgroup_walk(fd, &w);

	/* Whoever uses it next has other device rules, or none. */
	if (r == 0 && !ours)
		device_filter_restore(-EBADF, fd);
	return r == 0 && ours ? remove_dir(AT_FDCWD, d->path, deadline) : r;
}

static void describe(const struct cgroup_record_dir *d, int r, struct rl_err *e)
{
	char path[PATH_MAX], procs[64] = "";

	if (e && e->code)
		return;
	rl_fail(e, r, "remove the cgroup %s", d->path);
	if (r != -EBUSY || snprintf(path, sizeof(path), "%s/cgroup.procs", d->path) >= PATH_MAX)
		return;
	fdio_read_at(AT_FDCWD, path, procs, sizeof(procs));
	procs[strcspn(procs, "\n")] = 0;
	if (procs[0])
		rl_hint(e, "it still has processes, among them %s", procs);
}

static int remove_one(const struct cgroup_record_dir *d, bool if_unused, int64_t deadline,
		      struct rl_err *e)
{
	rl_autoclose int fd = cgroup_walk_open(d, e);

	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0) {
		int r;

		if (if_unused && cgroup_walk_finds_process(fd))
			return rl_whole(
				e, -EBUSY,
				"cgroup %s is in use by processes that are not the container's",
				d->path);
		r = remove_tree(fd, d, deadline);
		if (r < 0) {
			describe(d, r, e);
			return r;
		}
	}
	remove_ancestors(d);
	return 0;
}

/* Whether somebody who is not the container's is in one of its cgroups. */
static bool is_used(const struct cgroup_record *r)
{
	struct rl_err ignored = RL_ERR_INIT;

	for (size_t i = 0; i < r->n; i++) {
		rl_autoclose int fd = cgroup_walk_open(&r->dirs[i], &ignored);

		if (fd >= 0 && cgroup_walk_finds_process(fd))
			return true;
	}
	return false;
}

/* The same, unless those are just leaving: killed with the create that made them. */
static bool stays_used(const struct cgroup_record *r, int64_t deadline)
{
	while (is_used(r)) {
		if (clock_ms() >= deadline)
			return true;
		usleep(PAUSE_US);
	}
	return false;
}

/* By rmdir alone, which also says whether somebody is in it or below it. */
static bool remove_empty(const struct cgroup_record_dir *d)
{
	int r;

	if (!cgroup_walk_is_sane(d) || !strcmp(d->path, d->stop) || !is_cgroup(d->path))
		return false;
	r = fdio_unlink_at(AT_FDCWD, d->path, AT_REMOVEDIR);
	if (r < 0 && !cgroup_walk_is_gone(r))
		return false;
	remove_ancestors(d);
	return true;
}

/* The usual case, at little cost. systemd is to remove its unit first. */
static bool remove_all_empty(const struct cgroup_record *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->unit || !remove_empty(&r->dirs[i]))
			return false;
	return !r->unit;
}

static int remove_each(const struct cgroup_record *r, bool if_unused, struct rl_err *e)
{
	int64_t deadline;
	bool used;
	int first = 0;

	if (remove_all_empty(r))
		return 0;
	deadline = clock_ms() + WAIT_MS;
	used = if_unused && stays_used(r, deadline);
	if (r->unit && !used)
		scope_remove(r);
	deadline = clock_ms() + WAIT_MS;
	for (size_t i = 0; i < r->n; i++) {
		int ret = remove_one(&r->dirs[i], if_unused, deadline, e);

		first = first ? first : ret;
	}
	return first;
}

int cgroup_remove(const struct cgroup_record *r, struct rl_err *e)
{
	return remove_each(r, false, e);
}

int cgroup_remove_if_unused(const struct cgroup_record *r, struct rl_err *e)
{
	return remove_each(r, true, e);
}
