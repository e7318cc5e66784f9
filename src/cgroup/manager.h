/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who makes the cgroup of a container: rundlet itself, systemd, or nobody. What they do differently
 * is here; directories, limits and the rest are the same for all. Inside src/cgroup only.
 */
#ifndef RL_CGROUP_MANAGER_H
#define RL_CGROUP_MANAGER_H

#include "base/err.h"
#include "base/flat.h"
#include "cgroup/cgroup.h"

struct oci_config;

/* A function that is NULL has nothing to do. */
struct manager {
	const char *name;
	/* Plan where the cgroup is: path and where, and the manager's own part. NULL: nowhere. */
	int (*plan)(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
		    struct cgroup_plan *p, struct rl_err *e);
	/* Plan what follows from the limits, when they are planned. */
	int (*plan_limits)(const struct oci_config *c, const struct cgroup_facts *facts,
			   struct flat *f, struct cgroup_plan *p, struct rl_err *e);
	/* Before the directories are made. */
	int (*create)(const void *base, struct cgroup_plan *p, struct rl_err *e);
	/* Undo that. */
	void (*abandon)(const void *base, struct cgroup_plan *p);
	/* The container's process is in its cgroup, or will never be. */
	void (*close)(struct cgroup_plan *p);
};

extern const struct manager manager_cgroupfs, manager_systemd, manager_disabled;

const struct manager *manager_of(const struct cgroup_plan *p);

#endif
