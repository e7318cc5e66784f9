/* SPDX-License-Identifier: Apache-2.0 */
/* Raises resource limits of the container's process from outside, where we may. */
#include "process/process.h"

#include "os/prlimit.h"

#include <errno.h>

static int raise_one(const void *base, const struct rlimit_entry *l, pid_t pid, struct rl_err *e)
{
	const char *name = flat_get_str(base, l->name), *where = flat_get_str(base, l->where);
	char soft_text[32], hard_text[32], now[32];
	uint64_t soft, hard;
	int r = prlimit_get(pid, l->resource, &soft, &hard);

	if (r < 0)
		return rl_fail_at(e, r, where, "ask for the limit %s", name);
	if (l->hard <= hard)
		return 0;
	r = prlimit_set(pid, l->resource, soft, l->hard);
	if (r == 0)
		return 0;
	rl_fail_at(e, r, where, "set %s to %s, at most %s", name,
		   rlimits_text(l->soft, soft_text, sizeof(soft_text)),
		   rlimits_text(l->hard, hard_text, sizeof(hard_text)));
	if (r == -EPERM)
		rl_hint(e,
			"raising the hard limit of %s above %s needs CAP_SYS_RESOURCE, which "
			"rundlet does not have here: ask for less, or raise it for the caller",
			name, rlimits_text(hard, now, sizeof(now)));
	return r;
}

int rlimits_raise(const void *base, const struct process_plan *p, pid_t pid, struct rl_err *e)
{
	FLAT_EACH(base, p->rlimits, const struct rlimit_entry, l) {
		int r = raise_one(base, l, pid, e);

		if (r < 0)
			return r;
	}
	return 0;
}
