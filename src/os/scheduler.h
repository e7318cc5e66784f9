/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel shares CPUs and disks with a process: sched_setattr(2), ioprio_set(2), its CPUs.
 */
#ifndef RL_OS_SCHEDULER_H
#define RL_OS_SCHEDULER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* struct sched_attr of the kernel, of Linux 5.3. */
struct scheduler_attr {
	uint32_t size; /* filled by scheduler_set() */
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
	uint32_t util_min, util_max;
};

/* 0 or a negative errno. pid 0: we. */
int scheduler_set(pid_t pid, const struct scheduler_attr *attr);
int scheduler_io_set(pid_t pid, uint32_t class_number, uint32_t priority);
int scheduler_cpus_set(pid_t pid, const uint64_t *bits, size_t n_words);

#endif
