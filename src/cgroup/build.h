/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup part of the plan while it is being made, and the planners that fill it. Pure. Inside
 * src/cgroup only.
 */
#ifndef RL_CGROUP_BUILD_H
#define RL_CGROUP_BUILD_H

#include "base/err.h"
#include "base/flat.h"
#include "cgroup/cgroup.h"

struct cgroup_now;
struct oci_config;
struct oci_resources;

struct cgroup_build {
	const struct cgroupfs *fs; /* NULL: no cgroup is made */
	bool denied;               /* no cgroup is made because the caller may not */
	bool no_filter; /* we are not root of the initial user namespace: BPF is not for us */
	/* update: limits that come in pairs are judged and written with the one that stays. NULL: a
	 * new cgroup, which has no limits. */
	const struct cgroup_now *now;
	struct flat *f;
	struct cgroup_write *writes; /* owned */
	size_t n_writes, cap_writes;
	char enable[256]; /* v2 controllers that are needed: "+memory +pids" */
	struct rl_err *e;
};

/*
 * cgroup-plan.c: add the write of a value to a file of this hierarchy. `where` may be NULL; flags:
 * enum cgroup_write_flag.
 */
int cgroup_build_write(struct cgroup_build *b, const struct cgroupfs_hierarchy *h, const char *file,
		       const char *value, const char *where, uint32_t flags);

/* cgroup-plan.c: have the controller of v2 enabled for the container's cgroup. */
int cgroup_build_enable(struct cgroup_build *b, const char *controller);

/* limits-plan.c: the rows of limits.def. */
int limits_plan(const struct oci_resources *r, struct cgroup_build *b);

/* device-rules-plan.c: the device rules, as writes on v1, as a filter on v2. */
int device_rules_plan(const struct oci_config *c, struct cgroup_build *b, struct cgroup_plan *ret);

/* owner-plan.c: who gets the cgroup. */
void owner_plan(const struct oci_config *c, const struct cgroup_facts *facts,
		struct cgroup_plan *p);

#endif
