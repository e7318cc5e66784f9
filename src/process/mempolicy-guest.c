/* SPDX-License-Identifier: Apache-2.0 */
/* The process says on which NUMA nodes its memory is to be. Freestanding. */
#include "process/mempolicy.h"

#include "os/guestkey.h"

#define MEMPOLICY_KEY "linux.memoryPolicy"

int mempolicy_set(struct guest *g, const struct mempolicy_plan *p)
{
	/* The kernel takes one less than it is told. */
	unsigned long n = p->bits.n ? p->bits.n * 64UL + 1 : 0;
	long r = SYS_3(__NR_set_mempolicy, p->number, n ? flat_get(g->base, p->bits.off) : NULL, n);

	if (r >= 0)
		return 0;
	guestkey_fail(g, r, MEMPOLICY_KEY, "take memory by the policy",
		      flat_get_str(g->base, p->mode));
	if (r == -EINVAL)
		guestkey_hint(g, "the nodes must have memory and be among those of the cpuset of "
				 "the cgroup; or this kernel does not know the mode with these "
				 "flags");
	else if (r == -ENOSYS)
		guestkey_hint(g, "this kernel is built without CONFIG_NUMA");
	return (int)r;
}
