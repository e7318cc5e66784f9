/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of device rules in cgroups that are real; see cgroup-box.h. */
#ifndef RL_TESTS_DEVICE_BOX_H
#define RL_TESTS_DEVICE_BOX_H

#include "cgroup/devices/device-update.h"
#include "tests/unit/cgroup-box.h"

#define MAJOR 240 /* and two more: numbers for local use, of which no device is opened */

/* One hierarchy at a time, so that nothing else denies; this is the one of v1. */
static struct cgroupfs only_v1;

static inline bool setup_v1(void)
{
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&host, "devices");

	if (!h)
		return false;
	only_v1 = (struct cgroupfs){ .mode = CGROUPFS_V1, .n = 1, .h = { *h } };
	return true;
}

/* An update to these rules, as device_update_plan() would plan it. */
static inline bool update_of(const struct box *b, bool v2, const struct device_rules *l,
			     struct device_update *ret)
{
	struct rl_err e = RL_ERR_INIT;

	*ret = (struct device_update)DEVICE_UPDATE_INIT;
	ret->v2 = v2;
	ret->cgroup = strdup(b->record.dirs[0].path);
	if (v2)
		return device_filter_make(l, &ret->insns, &ret->n_insns) == 0;
	return device_list_make(l, &ret->want.allow_all, &ret->want.exceptions, &e) == 0;
}

/* Rules that allow null and zero, each in its own way. */
static inline void load_rules(struct device_rules *l, int way)
{
	static const struct device_rule deny = {
		.type = 'a', .major = DEVICE_ANY, .minor = DEVICE_ANY, .access = DEVICE_ALL
	};
	struct device_rule r = {
		.allow = true, .type = 'c', .major = 1, .minor = DEVICE_ANY, .access = DEVICE_ALL
	};

	device_rules_add(l, &deny);
	if (way == 0)
		device_rules_add(l, &r);
	for (r.minor = 3; way && r.minor <= 5; r.minor += 2)
		device_rules_add(l, &r);
	r.major = MAJOR + way;
	device_rules_add(l, &r);
}

#endif
