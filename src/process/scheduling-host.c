/* SPDX-License-Identifier: Apache-2.0 */
/* Sets how the kernel shares CPUs and disks with a process; see scheduling.h. */
#include "process/scheduling.h"

#include "base/auto.h"
#include "os/scheduler.h"

#include <errno.h>

#define ANY 0

/* What the kernel means when it does not set a policy (sched_setattr(2)). */
static const struct why {
	uint32_t policy; /* ANY: of all that have no row of their own before */
	int code;
	const char *text;
} whys[] = {
	{ 6, -EPERM,
	  "SCHED_DEADLINE needs CAP_SYS_NICE on the host, a cpuset of the cgroup with all "
	  "CPUs of its scheduling domain, and on version 1 a cgroup with realtime" },
	{ 6, -EBUSY,
	  "there is no CPU time left for it: the runtimes of all such processes, each by "
	  "its period, may have kernel.sched_rt_runtime_us of kernel.sched_rt_period_us" },
	{ 6, -EINVAL,
	  "the period must lie between kernel.sched_deadline_period_min_us and "
	  "kernel.sched_deadline_period_max_us" },
	{ 1, -EPERM,
	  "realtime needs CAP_SYS_NICE on the host or RLIMIT_RTPRIO, and where cgroups "
	  "share realtime also linux.resources.cpu.realtimeRuntime" },
	{ 2, -EPERM,
	  "realtime needs CAP_SYS_NICE on the host or RLIMIT_RTPRIO, and where cgroups "
	  "share realtime also linux.resources.cpu.realtimeRuntime" },
	{ ANY, -EPERM,
	  "a lower nice value, or another policy, than the caller's needs CAP_SYS_NICE "
	  "on the host or RLIMIT_NICE" },
	{ ANY, -EOPNOTSUPP,
	  "this kernel is built without CONFIG_UCLAMP_TASK, which the flags "
	  "SCHED_FLAG_UTIL_CLAMP_... need" },
	{ ANY, -EINVAL, "this kernel does not know one of the flags" },
};

static int set_policy(const void *base, const struct scheduling_plan *p, pid_t pid,
		      struct rl_err *e)
{
	const struct scheduler_attr attr = {
		.policy = p->policy_number,
		.flags = p->flags,
		.nice = p->nice,
		.priority = p->priority,
		.runtime = p->runtime,
		.deadline = p->deadline,
		.period = p->period,
	};
	int r = scheduler_set(pid, &attr);

	if (r == 0)
		return 0;
	rl_fail_at(e, r, "process.scheduler", "give the process the policy %s",
		   flat_get_str(base, p->policy));
	for (size_t i = 0; i < RL_COUNT(whys); i++)
		if (whys[i].code == r &&
		    (whys[i].policy == p->policy_number || whys[i].policy == ANY))
			rl_hint(e, "%s", whys[i].text);
	return r;
}

static int set_io(const void *base, const struct scheduling_plan *p, pid_t pid, struct rl_err *e)
{
	int r = scheduler_io_set(pid, p->io_class_number, p->io_priority);

	if (r == 0)
		return 0;
	rl_fail_at(e, r, "process.ioPriority", "give the process the I/O priority %s, %u",
		   flat_get_str(base, p->io_class), p->io_priority);
	if (r == -EPERM)
		rl_hint(e, "IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN on the host");
	return r;
}

static int set_cpus(const void *base, const char *where, flat_str text, struct flat_list bits,
		    pid_t pid, struct rl_err *e)
{
	int r = text ? scheduler_cpus_set(pid, flat_get(base, bits.off), bits.n) : 0;

	if (r == 0)
		return 0;
	rl_fail_at(e, r, where, "run on the CPUs %s", flat_get_str(base, text));
	if (r == -EINVAL)
		rl_hint(e, "none of them is there for the process: see the cpuset of its cgroup, "
			   "and /sys/devices/system/cpu/online");
	return r;
}

int scheduling_start(const void *base, const struct scheduling_plan *p, struct rl_err *e)
{
	return set_cpus(base, "process.execCPUAffinity.initial", p->cpus_before, p->bits_before, 0,
			e);
}

int scheduling_apply(const void *base, const struct scheduling_plan *p, pid_t pid, struct rl_err *e)
{
	/* CPUs come first: those of a SCHED_DEADLINE process cannot be changed. */
	int r = set_cpus(base, "process.execCPUAffinity.final", p->cpus_after, p->bits_after, pid,
			 e);

	if (r == 0 && p->policy)
		r = set_policy(base, p, pid, e);
	if (r == 0 && p->io_class)
		r = set_io(base, p, pid, e);
	return r;
}
