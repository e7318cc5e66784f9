/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of resctrl that another process of a container enters (exec); see rdt.h. */
#include "base/auto.h"
#include "cgroup/rdt/rdt.h"
#include "os/fdio.h"

#include <fcntl.h>

void rdt_join_plan(const struct rdt_record *r, struct flat *f, struct rdt_plan *ret)
{
	*ret = (struct rdt_plan){
		.tasks_fd = -1, .monitor_fd = -1, .made = -1, .monitor_made = -1
	};
	if (!r->group)
		return;
	ret->mount = ret->dir = flat_add_str(f, r->group);
	if (r->monitor)
		ret->monitor_dir = flat_add_str(f, r->monitor);
}

static int open_tasks(const char *dir, int32_t *ret, struct rl_err *e)
{
	rl_autoclose int fd = dir ? resctrl_open(dir) : -1;

	if (!dir)
		return 0;
	*ret = fd < 0 ? fd : fdio_open_at(fd, "tasks", O_WRONLY, 0);
	return *ret < 0 ? rl_fail(e, *ret, "open the group %s", dir) : 0;
}

int rdt_join_open(const void *base, struct rdt_plan *p, struct rl_err *e)
{
	int r = open_tasks(flat_get_str(base, p->dir), &p->tasks_fd, e);

	return r < 0 ? r : open_tasks(flat_get_str(base, p->monitor_dir), &p->monitor_fd, e);
}
