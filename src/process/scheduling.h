/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the kernel shares CPUs and disks with a process: process.scheduler, ioPriority and
 * execCPUAffinity. Set by HOST, whose rights count in the host's user namespace; these are what
 * the kernel asks for.
 */
#ifndef RL_PROCESS_SCHEDULING_H
#define RL_PROCESS_SCHEDULING_H

#include "base/flat.h"

#include <stdint.h>

struct scheduling_plan {
	flat_str policy; /* SCHED_FIFO; 0: the caller's stays */
	uint32_t policy_number;
	uint64_t flags; /* SCHED_FLAG_... of the kernel */
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
	flat_str io_class;                  /* IOPRIO_CLASS_BE; 0: the caller's stays */
	uint32_t io_class_number;
	uint32_t io_priority;
	/* Of a process that joins a container: CPUs as lists for people, and as bits. 0: none. */
	flat_str cpus_before, cpus_after;
	struct flat_list bits_before, bits_after; /* uint64_t */
};

#if __STDC_HOSTED__
#include "base/err.h"
#include "base/report.h"

#include <stdbool.h>
#include <sys/types.h>

struct oci_process;

/*
 * Plan it. joins: the process is to join a container that exists; of the first process of a
 * container execCPUAffinity says nothing (config.md), so that it is only checked. Pure.
 */
int scheduling_plan(const struct oci_process *proc, bool joins, struct flat *f,
		    struct scheduling_plan *ret, struct rl_err *e);

/* Whether the kernel lets a process with this plan start no other. */
bool scheduling_is_childless(const struct scheduling_plan *p);

void scheduling_report(struct report *r, const void *base, const struct scheduling_plan *p);

/*
 * execCPUAffinity.initial: run ourselves on these CPUs, so that the process which we start next
 * does before it is in its cgroup. A process that is born in its cgroup by clone3(2) is then still
 * started there.
 */
int scheduling_start(const void *base, const struct scheduling_plan *p, struct rl_err *e);

/* Set all for a process that is in its cgroup: policy, I/O priority, execCPUAffinity.final. */
int scheduling_apply(const void *base, const struct scheduling_plan *p, pid_t pid,
		     struct rl_err *e);
#endif
#endif
