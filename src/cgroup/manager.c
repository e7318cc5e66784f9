/* SPDX-License-Identifier: Apache-2.0 */
/* The table of managers; see manager.h. */
#include "cgroup/manager.h"

static const struct manager *const managers[CGROUP_MANAGERS] = {
	[CGROUP_MANAGER_CGROUPFS] = &manager_cgroupfs,
	[CGROUP_MANAGER_SYSTEMD] = &manager_systemd,
	[CGROUP_MANAGER_DISABLED] = &manager_disabled,
};

const struct manager *manager_of(const struct cgroup_plan *p)
{
	return managers[p->manager];
}

const char *cgroup_manager_name(enum cgroup_manager manager)
{
	return managers[manager]->name;
}
