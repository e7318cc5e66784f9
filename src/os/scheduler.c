/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduling of a process; see scheduler.h. */
#include "os/scheduler.h"

#include "base/fault.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int scheduler_set(pid_t pid, const struct scheduler_attr *attr)
{
	struct scheduler_attr a = *attr;

	RL_FAULT("scheduler_set");
	a.size = sizeof(a);
	return syscall(__NR_sched_setattr, pid, &a, 0) < 0 ? -errno : 0;
}

int scheduler_io_set(pid_t pid, uint32_t class_number, uint32_t priority)
{
	RL_FAULT("scheduler_io_set");
	return syscall(__NR_ioprio_set, IOPRIO_WHO_PROCESS, pid,
		       IOPRIO_PRIO_VALUE(class_number, priority)) < 0 ?
		       -errno :
		       0;
}

int scheduler_cpus_set(pid_t pid, const uint64_t *bits, size_t n_words)
{
	RL_FAULT("scheduler_cpus_set");
	return syscall(__NR_sched_setaffinity, pid, n_words * sizeof(*bits), bits) < 0 ? -errno : 0;
}
