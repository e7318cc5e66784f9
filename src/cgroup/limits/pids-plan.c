/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of the number of tasks, see limits.def. Pure. */
#include "cgroup/limits/limits-plan.h"

/* Here 0 is a limit: "may not fork" (config-linux.md#pids). */
int pids_limit(struct limit_source *s, char *buf)
{
	const struct oci_pids *p = s->res->pids;

	return p && p->has_limit ? limits_number(s, p->limit, "max", buf) : 0;
}
