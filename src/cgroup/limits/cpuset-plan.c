/* SPDX-License-Identifier: Apache-2.0 */
/* The CPUs and memory nodes that may be used, see limits.def. Pure. */
#include "cgroup/limits/limits-plan.h"

#include <stdio.h>
#include <string.h>

/* "0-3,7". The kernel says what it makes of it; here only what could not be meant is refused. */
static int set_text(const struct limit_source *s, const char *list, char *buf)
{
	if (!list || !list[0])
		return 0;
	if (list[strspn(list, "0123456789,-:/ ")])
		return rl_refuse(s->e, s->where,
				 "\"%.100s\" is not a list of numbers such as 0-3,7", list);
	if (strlen(list) >= LIMITS_VALUE_MAX)
		return rl_refuse(s->e, s->where, "the list is longer than %d bytes",
				 LIMITS_VALUE_MAX - 1);
	snprintf(buf, LIMITS_VALUE_MAX, "%s", list);
	return 1;
}

int cpuset_cpus(struct limit_source *s, char *buf)
{
	return s->res->cpu ? set_text(s, s->res->cpu->cpus, buf) : 0;
}

int cpuset_mems(struct limit_source *s, char *buf)
{
	return s->res->cpu ? set_text(s, s->res->cpu->mems, buf) : 0;
}
