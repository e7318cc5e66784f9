/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process takes its resource limits. HOST has raised the hard limits that were too low, so
 * that nothing here needs a privilege: what runs before has the caller's limits.
 * Freestanding.
 */
#include "process/process.h"

int rlimits_set(struct guest *g, const struct process_plan *p)
{
	FLAT_EACH(g->base, p->rlimits, const struct rlimit_entry, l) {
		const uint64_t limit[2] = { l->soft, l->hard }; /* struct rlimit64 */
		long r = SYS_4(__NR_prlimit64, 0, l->resource, limit, 0);

		if (r < 0)
			return guest_fail(g, r, l->where, "set the resource limit",
					  flat_get_str(g->base, l->name));
	}
	return 0;
}
