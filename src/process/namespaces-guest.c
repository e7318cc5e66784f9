/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the namespaces that the host side has opened; see setns(2). */
#include "process/process.h"

#include <linux/sched.h>

static int join_failed(const struct guest *g, const struct namespace_join *j, long r)
{
	return guest_fail(g, r, j->where, "join the namespace", flat_get_str(g->base, j->path));
}

/*
 * One round over the list. done has a bit for each entry that is joined. With `try`, those that our
 * privileges do not reach are left for later.
 */
static int join_round(const struct guest *g, const struct flat_list *l, uint32_t which, int try,
		      uint32_t *done)
{
	uint32_t bit = 1;

	FLAT_EACH(g->base, *l, const struct namespace_join, j) {
		if ((j->flag & which) && !(*done & bit)) {
			long r = SYS_2(__NR_setns, j->fd, j->flag);

			if (r >= 0)
				*done |= bit;
			else if (!try || r != -EPERM)
				return join_failed(g, j, r);
		}
		bit <<= 1;
	}
	return 0;
}

int namespaces_join(struct guest *g, const struct namespaces_plan *p, uint32_t which)
{
	uint32_t done = 0;
	int r = 0;

	/* In a user namespace we have no power over what belongs to its parent, and perhaps no
	 * power over what belongs to it before we are in. */
	if (which & CLONE_NEWUSER) {
		r = join_round(g, &p->joins, which & ~(uint32_t)CLONE_NEWUSER, 1, &done);
		if (r == 0)
			r = join_round(g, &p->joins, CLONE_NEWUSER, 0, &done);
	}
	return r < 0 ? r : join_round(g, &p->joins, which, 0, &done);
}
