/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the resource limits of the container's process from outside, where we may raise them. */
#include "process/process.h"

#include "os/prlimit.h"

#include <errno.h>

static void explain(const struct rlimit_entry *l, const char *name, pid_t pid, struct rl_err *e)
{
	uint64_t soft, hard;
	char value[32];

	if (prlimit_get(pid, l->resource, &soft, &hard) < 0 || l->hard <= hard)
		return;
	rl_hint(e,
		"raising the hard limit of %s above %s needs CAP_SYS_RESOURCE, which rundlet "
		"does not have here: ask for less, or raise it for the caller",
		name, rlimits_text(hard, value, sizeof(value)));
}

int rlimits_apply(const void *base, const struct process_plan *p, pid_t pid, struct rl_err *e)
{
	FLAT_EACH(base, p->rlimits, const struct rlimit_entry, l) {
		const char *name = flat_get_str(base, l->name);
		char soft[32], hard[32];
		int r = prlimit_set(pid, l->resource, l->soft, l->hard);

		if (r == 0)
			continue;
		rl_fail_at(e, r, flat_get_str(base, l->where), "set %s to %s, at most %s", name,
			   rlimits_text(l->soft, soft, sizeof(soft)),
			   rlimits_text(l->hard, hard, sizeof(hard)));
		if (r == -EPERM)
			explain(l, name, pid, e);
		return r;
	}
	return 0;
}
