/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the group of resctrl of a container, or finds it; see rdt.h.
 *
 * A group that exists may be shared with others: it is compared and never changed. The kernel says
 * in info/last_cmd_status why it refuses something, and the error repeats that.
 */
#include "base/auto.h"
#include "cgroup/rdt/rdt-schema.h"
#include "cgroup/rdt/rdt.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#define KEY_MONITOR "linux.intelRdt.enableMonitoring"

struct work {
	const void *base;
	struct rdt_plan *p;
	const char *mount;
	const char *dir;   /* of the group */
	const char *where; /* who named it */
	int mount_fd;
	int group_fd;
	struct rl_err *e;
};

static void work_done(struct work *w)
{
	if (w->mount_fd >= 0)
		close(w->mount_fd);
	if (w->group_fd >= 0)
		close(w->group_fd);
}

/* Fail with what the kernel says about it. */
static int fail(const struct work *w, int r, const char *where, const char *what)
{
	char why[160];

	resctrl_status(w->mount, why, sizeof(why));
	return rl_fail_at(w->e, r, where, "%s%s%s%s", what, why[0] ? " (" : "", why,
			  why[0] ? ")" : "");
}

static void hint_make(const struct work *w, int r, const char *ids)
{
	if (r == -ENOSPC)
		rl_hint(w->e,
			"the hardware has no more %s: remove groups that nobody needs, or "
			"let containers share one by its closID",
			ids);
	if (r == -EBUSY)
		rl_hint(w->e, "the hardware's %s are in use, or were a moment ago: try again", ids);
	if (r == -EPERM)
		rl_hint(w->e, "where the hardware monitors and no more, there is the root group "
			      "alone: closID \"/\"");
}

/* Make a group. 1: made; 0: it was there. */
static int make(const struct work *w, int above_fd, const char *name, const char *where,
		const char *dir, const char *ids)
{
	char what[RL_ERR_WHAT];
	int r = resctrl_make(above_fd, name);

	if (r == 0 || r == -EEXIST)
		return r == 0;
	snprintf(what, sizeof(what), "make the group %s", dir);
	fail(w, r, where, what);
	hint_make(w, r, ids);
	return r;
}

static int refuse_missing(const struct work *w)
{
	rl_refuse(w->e, w->where, "the group %s does not exist", w->dir);
	if (w->p->must_exist)
		rl_hint(w->e, "make it before, or say with l3CacheSchema, memBwSchema or schemata "
			      "what it is to be");
	else
		rl_hint(w->e, "it was there a moment ago: try again");
	return -ENOENT;
}

/* Make or find the group; opens it. */
static int find_group(struct work *w, bool may_make)
{
	const char *name = flat_get_str(w->base, w->p->group);
	int r = 0;

	if (name && may_make) {
		r = make(w, w->mount_fd, name, w->where, w->dir, "classes of service (CLOSIDs)");
		if (r < 0)
			return r;
	}
	w->p->made = r;
	w->group_fd = fdio_open_at(w->mount_fd, name ? name : ".",
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (w->group_fd == -ENOENT)
		return refuse_missing(w);
	return w->group_fd < 0 ?
		       rl_fail_at(w->e, w->group_fd, w->where, "open the group %s", w->dir) :
		       0;
}

/* Write the schemata of a group that we made. */
static int write_schemata(const struct work *w)
{
	rl_autoclose int fd = fdio_open_at(w->group_fd, "schemata", O_WRONLY | O_TRUNC, 0);

	if (fd < 0)
		return rl_fail_at(w->e, fd, w->where, "open %s/schemata", w->dir);
	FLAT_EACH(w->base, w->p->writes, const struct rdt_write, one) {
		const char *text = flat_get_str(w->base, one->text);
		char what[RL_ERR_WHAT];
		int r = fdio_write_full(fd, text, strlen(text));

		if (r == 0)
			continue;
		snprintf(what, sizeof(what), "write \"%.*s\" to %s/schemata",
			 (int)(strlen(text) > 80 ? 80 : strlen(text) - 1), text, w->dir);
		return fail(w, r, flat_get_str(w->base, one->where), what);
	}
	return 0;
}

static uint32_t mem_bw_step(const struct work *w)
{
	char text[32];

	if (fdio_read_at(w->mount_fd, "info/MB/bandwidth_gran", text, sizeof(text)) < 0)
		return 0;
	return (uint32_t)strtoul(text, NULL, 10);
}

/* All writes of the plan as one text: the last word on a domain counts. */
static char *wanted(const struct work *w)
{
	char *text = calloc(w->p->writes.n, RDT_SCHEMA_MAX);
	size_t at = 0;

	FLAT_EACH(w->base, w->p->writes, const struct rdt_write, one) {
		const char *lines = flat_get_str(w->base, one->text);

		if (text)
			memcpy(text + at, lines, strlen(lines));
		at += strlen(lines);
	}
	return text;
}

/* A group that was there before us must be what is asked for. */
static int compare_schemata(const struct work *w)
{
	rl_autofree char *now = NULL, *want = wanted(w);
	struct span first;
	size_t len;
	int r;

	if (!want)
		return rl_fail(w->e, -ENOMEM, "compare the schemata");
	r = fdio_read_all(w->group_fd, "schemata", RDT_SCHEMA_NOW, &now, &len);
	if (r < 0)
		return rl_fail_at(w->e, r, w->where, "read %s/schemata", w->dir);
	if (rdt_schema_holds(want, now, mem_bw_step(w), &first))
		return 0;
	rl_refuse(w->e, w->where, "the group %s exists and differs: \"%.*s\" is not in force",
		  w->dir, (int)(first.len > 80 ? 80 : first.len), first.at);
	rl_hint(w->e, "it may be shared, so it is not changed: its schemata are in %s/schemata",
		w->dir);
	return -EINVAL;
}

static int make_monitor(const struct work *w)
{
	const char *name = flat_get_str(w->base, w->p->monitor);
	const char *dir = flat_get_str(w->base, w->p->monitor_dir);
	rl_autoclose int fd = -EBADF;
	int r;

	if (!name)
		return 0;
	fd = fdio_open_at(w->group_fd, "mon_groups", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0) {
		rl_fail_at(w->e, fd, KEY_MONITOR, "open %s/mon_groups", w->dir);
		if (fd == -ENOENT)
			rl_hint(w->e, "the hardware of this host does not monitor");
		return fd;
	}
	r = make(w, fd, name, KEY_MONITOR, dir, "counters (RMIDs)");
	if (r < 0)
		return r;
	w->p->monitor_made = r;
	if (!r) {
		rl_fail_at(w->e, -EEXIST, KEY_MONITOR, "make the group %s", dir);
		rl_hint(w->e, "if no container has it: rmdir %s", dir);
		return -EEXIST;
	}
	return 0;
}

static int open_tasks(const struct work *w, const char *dir, const char *where, int32_t *ret)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/tasks", dir) >= (int)sizeof(path))
		return rl_fail_at(w->e, -ENAMETOOLONG, where, "open %s/tasks", dir);
	fd = fdio_open_at(AT_FDCWD, path, O_WRONLY, 0);
	if (fd < 0)
		return rl_fail_at(w->e, fd, where, "open %s", path);
	*ret = fd;
	return 0;
}

static int create(struct work *w, bool may_make)
{
	int r = find_group(w, may_make);

	if (r == 0 && w->p->writes.n)
		r = w->p->made > 0 ? write_schemata(w) : compare_schemata(w);
	if (r == 0)
		r = make_monitor(w);
	if (r == 0)
		r = open_tasks(w, w->dir, w->where, &w->p->tasks_fd);
	if (r == 0 && w->p->monitor)
		r = open_tasks(w, flat_get_str(w->base, w->p->monitor_dir), KEY_MONITOR,
			       &w->p->monitor_fd);
	return r;
}

int rdt_create(void *base, struct rdt_plan *p, bool may_make, struct rl_err *e)
{
	rl_auto(work_done) struct work w = {
		.base = base,
		.p = p,
		.mount = flat_get_str(base, p->mount),
		.dir = flat_get_str(base, p->dir),
		.where = flat_get_str(base, p->where),
		.group_fd = -EBADF,
		.e = e,
	};

	w.mount_fd = resctrl_open(w.mount);
	if (w.mount_fd < 0)
		return rl_fail_at(e, w.mount_fd, w.where,
				  "open the file system resctrl that was mounted at %s", w.mount);
	p->made = p->monitor_made = 0;
	return create(&w, may_make);
}

void rdt_close(struct rdt_plan *p)
{
	auto_close(&p->tasks_fd);
	auto_close(&p->monitor_fd);
}

int rdt_undo(const void *base, struct rdt_plan *p, struct rl_err *e)
{
	const char *dir = flat_get_str(base, p->dir), *monitor = flat_get_str(base, p->monitor_dir);
	struct rdt_record made = {
		.group = (char *)(uintptr_t)dir,
		.own = p->made > 0,
		.monitor = p->monitor_made > 0 ? (char *)(uintptr_t)monitor : NULL,
	};

	rdt_close(p);
	return rdt_remove(&made, false, e);
}
