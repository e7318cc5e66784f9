/* SPDX-License-Identifier: Apache-2.0 */
/* Controllers of v2 for a cgroup that exists. Inside src/cgroup only. */
#ifndef RL_CGROUP_CGROUP_ENABLE_H
#define RL_CGROUP_CGROUP_ENABLE_H

#include "base/err.h"
#include "cgroup/cgroup.h"
#include "cgroup/limits/journal.h"

/*
 * Have the controllers that the plan needs in a directory of it passed on by all cgroups above; j
 * remembers what was changed there. On v1 there is nothing to do. Returns 0 or a negative errno
 * with *e filled.
 */
int cgroup_enable(const void *base, const struct cgroup_plan *p, struct cgroup_dir *d,
		  struct journal *j, struct rl_err *e);

#endif
