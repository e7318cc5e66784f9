/* SPDX-License-Identifier: Apache-2.0 */
/* The container's process enters its group of resctrl. Freestanding. */
#include "cgroup/rdt/rdt.h"

static int enter(const struct guest *g, int fd, flat_str where, flat_str dir)
{
	/* "0" is the writer: no pid that could be another's by now. */
	long r = sys_write(fd, "0", 1);

	sys_close(fd);
	return r < 0 ? guest_fail(g, r, where, "enter the group", flat_get_str(g->base, dir)) : 0;
}

int rdt_enter(struct guest *g, const struct rdt_plan *p)
{
	/* In this order: the kernel wants a monitoring group to be in the process's own group. */
	int r = enter(g, p->tasks_fd, p->where, p->dir);

	return r == 0 && p->monitor ? enter(g, p->monitor_fd, p->where, p->monitor_dir) : r;
}
