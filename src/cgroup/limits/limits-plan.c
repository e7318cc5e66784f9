/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns linux.resources into writes to files of the cgroup: walks limits.def. What is written is
 * made in the file of each controller. Pure.
 */
#include "cgroup/limits/limits-plan.h"
#include "base/auto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOT_IN_V2 ""

static const struct limit {
	const char *member;
	const char *controller;
	const char *v1, *v2;
	uint32_t flags;
	limit_text *text;
	limit_list *list; /* or NULL */
} limits[] = {
#define CGROUP_WRITE_PLAIN 0
#define LIMIT(member, controller, v1, v2, flags, text) \
	{ member, controller, v1, v2, CGROUP_WRITE_##flags, text, NULL },
#define LIMITS(member, list) { member, NULL, NULL, NULL, 0, NULL, list },
#include "cgroup/limits/limits.def"
#undef LIMIT
#undef LIMITS
};

/* Controllers that are not the same in v2. */
static const struct renamed {
	const char *v1, *v2;
} renamed[] = {
	{ "blkio", "io" },
	{ "net_cls", NULL },
	{ "net_prio", NULL },
};

static const char *name_in_v2(const char *controller)
{
	for (size_t i = 0; i < RL_COUNT(renamed); i++)
		if (!strcmp(renamed[i].v1, controller))
			return renamed[i].v2;
	return controller;
}

int limits_number(const struct limit_source *s, int64_t value, const char *unlimited, char *buf)
{
	if (value < -1)
		return rl_refuse(s->e, s->where,
				 "%" PRId64 " is no limit: only -1 stands for \"no limit\"", value);
	if (value == -1)
		snprintf(buf, LIMITS_VALUE_MAX, "%s", unlimited);
	else
		snprintf(buf, LIMITS_VALUE_MAX, "%" PRId64, value);
	return 1;
}

bool limits_is_name(const char *name, size_t size)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == '/' || name[i] == 127)
			return false;
	return len && len < size;
}

int limits_refuse_v2(struct rl_err *e, const char *controller, const char *where)
{
	const char *v2 = name_in_v2(controller);

	if (v2)
		return rl_refuse(e, where,
				 "has no equivalent in the %s controller of cgroup v2, which this "
				 "host uses",
				 v2);
	return rl_refuse(e, where,
			 "has no equivalent in cgroup v2, which this host uses: the %s controller "
			 "is one of cgroup v1",
			 controller);
}

static int refuse_missing(const struct cgroup_build *b, const char *controller, const char *where)
{
	bool v2 = b->fs && b->fs->mode == CGROUPFS_V2;

	if (!b->fs) {
		rl_refuse(b->e, where, "a limit needs a cgroup, and none is to be made");
		rl_hint(b->e, "%s",
			b->denied ?
				"the caller may make none at the top: name one below a cgroup "
				"that is the caller's in linux.cgroupsPath, or have one made by "
				"the caller's systemd with --systemd-cgroup" :
				"--cgroup-manager=disabled asks for that");
		return -EINVAL;
	}
	if (v2 && !name_in_v2(controller))
		return limits_refuse_v2(b->e, controller, where);
	rl_refuse(b->e, where, "the %s controller of cgroups is not available on this host",
		  v2 ? name_in_v2(controller) : controller);
	rl_hint(b->e,
		"the kernel lacks it, its command line disables it, or it is not mounted or, with "
		"cgroup v2, not passed on to this cgroup (cgroup.controllers)");
	return -EINVAL;
}

static const struct cgroupfs_hierarchy *find(const struct cgroup_build *b, const char *controller)
{
	const struct cgroupfs_hierarchy *h = b->fs ? cgroupfs_find(b->fs, controller) : NULL;
	const char *v2 = name_in_v2(controller);

	return h || !b->fs || !v2 ? h : cgroupfs_find(b->fs, v2);
}

int limits_find(struct cgroup_build *b, const char *controller, const char *where,
		const struct cgroupfs_hierarchy **ret)
{
	const struct cgroupfs_hierarchy *h = find(b, controller);

	if (!h)
		return refuse_missing(b, controller, where);
	if (h->v2 && cgroup_build_enable(b, name_in_v2(controller)) < 0)
		return rl_fail_at(b->e, -E2BIG, where, "enable the controllers of cgroup v2");
	*ret = h;
	return 0;
}

static int plan_value(const struct limit *l, const struct oci_resources *res,
		      struct cgroup_build *b)
{
	const struct cgroupfs_hierarchy *h = find(b, l->controller);
	bool v2 = h ? h->v2 : b->fs && b->fs->mode == CGROUPFS_V2;
	const char *file = v2 ? l->v2 : l->v1;
	char where[LIMITS_WHERE_MAX], value[LIMITS_VALUE_MAX];
	struct limit_source s = { res, b->now, v2, where, l->flags, b->e };
	int r;

	if (!file)
		return 0;
	snprintf(where, sizeof(where), "linux.resources.%s", l->member);
	r = l->text(&s, value);
	if (r <= 0)
		return r;
	r = limits_find(b, l->controller, where, &h);
	if (r == 0 && !file[0])
		r = limits_refuse_v2(b->e, l->controller, where);
	return r < 0 ? r : cgroup_build_write(b, h, file, value, where, s.flags);
}

int limits_plan(const struct oci_resources *res, struct cgroup_build *b)
{
	for (size_t i = 0; i < RL_COUNT(limits); i++) {
		const struct limit *l = &limits[i];
		int r = l->list ? l->list(res, b) : plan_value(l, res, b);

		if (r < 0)
			return r;
	}
	return 0;
}
