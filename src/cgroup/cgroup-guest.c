/* SPDX-License-Identifier: Apache-2.0 */
/* The container's process enters its cgroups. Freestanding. */
#include "cgroup/cgroup.h"

#define CPU_WORDS 128 /* more CPUs than any kernel is built for: 8192 */

static int enter(struct guest *g, const struct cgroup_plan *p, const struct cgroup_dir *d)
{
	char object[RL_ERR_WHAT];
	long r;

	/* "0" is the writer. In v1 the file is `tasks`: entering with one thread, not with the
	 * whole process, needs no grace period of RCU (11 ms against 50 us), and there is only one
	 * thread. */
	r = sys_write(d->enter_fd, "0", 1);
	sys_close(d->enter_fd);
	if (r >= 0)
		return 0;
	object[0] = 0;
	sys_append(object, sizeof(object), flat_get_str(g->base, d->mount));
	sys_append(object, sizeof(object), flat_get_str(g->base, d->path));
	return guest_fail(g, r, p->where, "enter the cgroup", object);
}

/*
 * The caller's CPU affinity (taskset(1), CPUAffinity= of the engine's unit) is not the container's:
 * it would be less than what cpuset allows. The kernel cuts "all" to what the cgroup has.
 */
static int use_all_cpus(struct guest *g, const struct cgroup_plan *p)
{
	unsigned long all[CPU_WORDS];
	long r;

	for (int i = 0; i < CPU_WORDS; i++)
		all[i] = ~0ul;
	r = SYS_3(__NR_sched_setaffinity, 0, sizeof(all), SYS_P(all));
	return r < 0 ? guest_fail(g, r, p->where, "run on all CPUs that the cgroup has", NULL) : 0;
}

int cgroup_enter(struct guest *g, const struct cgroup_plan *p)
{
	FLAT_EACH(g->base, p->dirs, const struct cgroup_dir, d) {
		int r = d->join && d->enter_fd >= 0 ? enter(g, p, d) : 0;

		if (r < 0)
			return r;
	}
	return use_all_cpus(g, p);
}
