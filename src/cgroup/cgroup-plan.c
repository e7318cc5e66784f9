/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans where the cgroup of a container is, in which hierarchies, and puts its limits together.
 * Pure.
 */
#include "base/auto.h"
#include "base/span.h"
#include "cgroup/build.h"
#include "cgroup/manager.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WRITES_LIMIT 8192

int cgroup_build_write(struct cgroup_build *b, const struct cgroupfs_hierarchy *h, const char *file,
		       const char *value, const char *where, uint32_t flags)
{
	struct cgroup_write *w;

	if (b->n_writes == b->cap_writes) {
		size_t cap = b->cap_writes ? b->cap_writes * 2 : 64;

		if (cap > WRITES_LIMIT)
			return rl_fail_at(b->e, -E2BIG, where, "plan the limits of the cgroup");
		w = realloc(b->writes, cap * sizeof(*w));
		if (!w)
			return rl_fail(b->e, -ENOMEM, "plan the limits of the cgroup");
		b->writes = w;
		b->cap_writes = cap;
	}
	b->writes[b->n_writes++] = (struct cgroup_write){
		.dir = (uint32_t)(h - b->fs->h),
		.flags = flags,
		.file = flat_add_str(b->f, file),
		.value = flat_add_str(b->f, value),
		.where = flat_add_str(b->f, where),
	};
	return 0;
}

int cgroup_build_enable(struct cgroup_build *b, const char *controller)
{
	size_t at = strlen(b->enable);
	char word[64];

	if (snprintf(word, sizeof(word), "+%s", controller) >= (int)sizeof(word))
		return -E2BIG;
	if (span_in_list(span_of(word), b->enable))
		return 0;
	if (snprintf(b->enable + at, sizeof(b->enable) - at, "%s%s", at ? " " : "", word) >=
	    (int)(sizeof(b->enable) - at))
		return -E2BIG;
	return 0;
}

/*
 * Whether systemd makes the container's directory in this hierarchy: in version 2, in the one of
 * its own, and with version 1 for the controllers that it knows (systemd.resource-control(5)).
 */
static bool is_by_systemd(const struct cgroupfs *fs, const struct cgroupfs_hierarchy *h)
{
	static const char *const controllers[] = { "name=systemd", "blkio",  "cpu", "cpuacct",
						   "devices",      "memory", "pids" };

	for (size_t i = 0; i < RL_COUNT(controllers); i++)
		if (cgroupfs_find(fs, controllers[i]) == h)
			return true;
	return h->v2;
}

/* The controllers of the host that no limit needs: "+cpu +io". */
static flat_str plan_enable_too(const struct cgroup_build *b, const struct cgroupfs_hierarchy *h)
{
	char text[sizeof(h->controllers) * 2] = "", word[64];
	size_t at = 0;

	for (const char *p = h->controllers; *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");
		int len = snprintf(word, sizeof(word), "+%.*s", (int)n, p);

		if (len < (int)sizeof(word) && !span_in_list(span_of(word), b->enable))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? " " : "",
					       word);
		p += n;
	}
	return at ? flat_add_str(b->f, text) : 0;
}

/*
 * A process that is born in a cgroup counts against its pids.max, and then that of a limit of 0 is
 * never born; one that enters does not. With a limit of 1 a bridge could not hand over.
 */
static bool plan_by_write(const struct cgroup_build *b, const struct cgroup_plan *p, size_t dir)
{
	/* The process that holds a unit is in it as well. */
	int64_t least = p->unit.name ? 3 : 2;

	for (size_t i = 0; i < b->n_writes && !flat_failed(b->f); i++) {
		const struct cgroup_write *w = &b->writes[i];
		const char *value = flat_ptr(b->f, w->value);

		if (w->dir == dir && !strcmp(flat_ptr(b->f, w->file), "pids.max") &&
		    strcmp(value, "max") != 0 && strtoll(value, NULL, 0) < least)
			return true;
	}
	return false;
}

static void plan_dirs(const struct cgroup_build *b, struct cgroup_plan *p)
{
	struct cgroup_dir dirs[CGROUPFS_MAX];

	for (size_t i = 0; i < b->fs->n; i++) {
		const struct cgroupfs_hierarchy *h = &b->fs->h[i];
		bool by_systemd = p->unit.name && is_by_systemd(b->fs, h);

		dirs[i] = (struct cgroup_dir){
			.mount = flat_add_str(b->f, h->mount),
			.path = p->path,
			.v2 = h->v2,
			.join = 1,
			.by_write = h->v2 && plan_by_write(b, p, i),
			.cpuset = !h->v2 && cgroupfs_find(b->fs, "cpuset") == h,
			.freezer = !h->v2 && cgroupfs_find(b->fs, "freezer") == h,
			.by_systemd = by_systemd,
			.enable = h->v2 && b->enable[0] ? flat_add_str(b->f, b->enable) : 0,
			/* systemd gives its scopes all that it knows (Delegate), and does not
			 * like others in its slices. */
			.enable_too = h->v2 && !by_systemd ? plan_enable_too(b, h) : 0,
			.made = -1,
			.dir_fd = -1,
			.enter_fd = -1,
		};
	}
	p->dirs = flat_add_list(b->f, dirs, b->fs->n, sizeof(dirs[0]));
	p->writes = flat_add_list(b->f, b->writes, b->n_writes, sizeof(b->writes[0]));
}

static int plan_limits(const struct oci_config *c, struct cgroup_build *b, struct cgroup_plan *p)
{
	const struct oci_resources *res = c->linux_ ? c->linux_->resources : NULL;
	int r;

	r = res ? limits_plan(res, b) : 0;
	return r < 0 ? r : device_rules_plan(c, b, p);
}

static int plan(const struct oci_config *c, const struct cgroup_facts *facts,
		struct cgroup_build *b, struct cgroup_plan *p)
{
	const struct manager *m = manager_of(p);
	int r = m->plan ? m->plan(c, facts, b->f, p, b->e) : 0;

	if (r == 0)
		r = plan_limits(c, b, p);
	if (r < 0)
		return r;
	if (b->fs) {
		plan_dirs(b, p);
		owner_plan(c, facts, p);
	}
	r = flat_failed(b->f);
	if (r == 0 && m->plan_limits)
		r = m->plan_limits(c, facts, b->f, p, b->e);
	return r == 0 ? flat_failed(b->f) : r;
}

int cgroup_plan(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
		struct cgroup_plan *ret, struct rl_err *e)
{
	struct cgroup_plan p = { .manager = facts->manager, .unit.holder_fd = -1 };
	struct cgroup_build b = {
		.f = f, .e = e, .denied = facts->denied, .no_filter = facts->unprivileged
	};
	int r;

	if (manager_of(&p)->plan)
		b.fs = facts->cgroupfs;
	if (b.fs && b.fs->mode == CGROUPFS_NONE) {
		rl_whole(e, -ENODEV, "no cgroup file system is mounted");
		rl_hint(e, "mount cgroup2 at /sys/fs/cgroup, or run without a cgroup by "
			   "--cgroup-manager=disabled");
		return -ENODEV;
	}
	r = plan(c, facts, &b, &p);
	free(b.writes);
	if (r < 0)
		return rl_fail(e, r, "plan the cgroup");
	*ret = p;
	return 0;
}
