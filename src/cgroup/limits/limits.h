/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the limits of a plan, for a new cgroup and for one in use. Inside src/cgroup only. */
#ifndef RL_CGROUP_LIMITS_H
#define RL_CGROUP_LIMITS_H

#include "base/err.h"
#include "cgroup/cgroup.h"
#include "cgroup/limits/journal.h"

#include <stdbool.h>

/*
 * Make the writes of the plan that have CGROUP_WRITE_LAST, or those that have not, in order, until
 * one fails. j (NULL: none) remembers what the files had. Returns 0 or a negative errno with *e
 * filled.
 */
int limits_write(const void *base, const struct cgroup_plan *p, bool last, struct journal *j,
		 struct rl_err *e);

/* Refuse the plan (-EBUSY) if one of its limits may not be below what is in use, and is. */
int limits_check(const void *base, const struct cgroup_plan *p, struct rl_err *e);

#endif
