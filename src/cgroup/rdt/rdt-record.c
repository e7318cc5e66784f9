/* SPDX-License-Identifier: Apache-2.0 */
/* Tells which group of resctrl a container has and whether it is ours to remove. */
#include "base/auto.h"
#include "cgroup/rdt/rdt.h"

#include <errno.h>
#include <fcntl.h>

/* Before the plan is run: whether it will be ours, if it is made. */
static bool is_missing(const char *dir)
{
	return faccessat(AT_FDCWD, dir, F_OK, AT_EACCESS) < 0;
}

int rdt_record_make(const void *base, const struct rdt_plan *p, struct rdt_record *ret)
{
	const char *dir = flat_get_str(base, p->dir);
	const char *monitor = flat_get_str(base, p->monitor_dir);
	rl_auto(rdt_record_done) struct rdt_record rec = { .own = p->made > 0 };

	if (p->made < 0)
		rec.own = p->group && !p->must_exist && is_missing(dir);
	if (monitor && p->monitor_made < 0 ? !is_missing(monitor) : p->monitor_made == 0)
		monitor = NULL;
	rec.group = dir ? strdup(dir) : NULL;
	rec.monitor = monitor ? strdup(monitor) : NULL;
	if ((dir && !rec.group) || (monitor && !rec.monitor))
		return -ENOMEM;
	*ret = rec;
	rec = (struct rdt_record){ 0 };
	return 0;
}

void rdt_record_done(struct rdt_record *r)
{
	free(r->group);
	free(r->monitor);
	*r = (struct rdt_record){ 0 };
}
