/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes the groups of resctrl that were made for a container; see rdt.h.
 *
 * Their paths come from state.json. Only a directory in resctrl is ever removed from, and only by a
 * name that a group can have; the kernel removes no other directories there.
 */
#include "base/auto.h"
#include "base/log.h"
#include "cgroup/rdt/rdt.h"
#include "os/fdio.h"
#include "os/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define TASKS_MAX ((size_t)16 << 20) /* bytes of a list of processes */

static int refuse(struct rl_err *e, const char *path)
{
	return rl_whole(e, -EINVAL, "the record names %s, which is no group of resctrl", path);
}

/* Whether the directory of groups is one: the root, or a mon_groups. */
static bool is_above_groups(const char *dir, bool monitor)
{
	const char *slash = strrchr(dir, '/');

	return slash && !strcmp(slash + 1, "mon_groups") == monitor;
}

/* Open the directory in which the group of this path is. -ENOENT: the group is gone. */
static int open_above(const char *path, bool monitor, struct rl_err *e)
{
	const char *slash = strrchr(path, '/');
	rl_autofree char *dir = slash ? strndup(path, (size_t)(slash - path)) : NULL;
	int fd;

	if (path[0] != '/' || !rdt_is_name(slash + 1))
		return refuse(e, path);
	if (!dir)
		return rl_fail(e, -ENOMEM, "remove the group %s", path);
	/* Also when resctrl was unmounted: then all groups are gone. */
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return -ENOENT;
	if (!is_above_groups(dir, monitor))
		return refuse(e, path);
	fd = resctrl_open(dir);
	if (fd == -EXDEV)
		return refuse(e, path);
	return fd < 0 && fd != -ENOENT ? rl_fail(e, fd, "open %s", dir) : fd;
}

static bool is_living(pid_t pid)
{
	uint64_t start_time;
	char state;

	return pidfd_start_time(pid, &start_time, &state) == 0 && state != 'Z' && state != 'X';
}

/* Whether there are processes in the group that did not end yet. */
static bool is_used(int above_fd, const char *name)
{
	rl_autofree char *tasks = NULL;
	char path[300], *at;
	size_t len;

	snprintf(path, sizeof(path), "%s/tasks", name);
	if (fdio_read_all(above_fd, path, TASKS_MAX, &tasks, &len) < 0)
		return false;
	for (at = tasks; *at; at += strspn(at, "\n")) {
		long pid = strtol(at, &at, 10);

		if (pid > 0 && is_living((pid_t)pid))
			return true;
		at += strcspn(at, "\n");
	}
	return false;
}

static int remove_group(const char *path, bool monitor, bool if_unused, struct rl_err *e)
{
	rl_autoclose int fd = open_above(path, monitor, e);
	const char *name;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	name = strrchr(path, '/') + 1;
	if (if_unused && is_used(fd, name)) {
		log_warn(
			"the group %s is in use by processes that are not the container's, ignoring",
			path);
		return 0;
	}
	r = resctrl_remove(fd, name);
	return r < 0 && r != -ENOENT ? rl_fail(e, r, "remove the group %s", path) : 0;
}

int rdt_remove(const struct rdt_record *r, bool if_unused, struct rl_err *e)
{
	int first = r->monitor ? remove_group(r->monitor, true, if_unused, e) : 0;
	int ret = r->own && r->group ? remove_group(r->group, false, if_unused, e) : 0;

	return first < 0 ? first : ret;
}
