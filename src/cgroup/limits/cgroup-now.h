/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits that are in force in a cgroup: those that come in pairs, so that one of a pair can be
 * changed alone. Inside src/cgroup only.
 */
#ifndef RL_CGROUP_CGROUP_NOW_H
#define RL_CGROUP_CGROUP_NOW_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct cgroupfs;

/* -1: no limit. */
struct cgroup_now {
	int64_t memory;      /* bytes */
	int64_t memory_swap; /* bytes of memory and swap together */
	int64_t cpu_quota;   /* microseconds of each period */
	uint64_t cpu_period; /* microseconds; 0: not known */
	uint64_t cpu_burst;  /* microseconds */
	int64_t rt_runtime;  /* v1: microseconds of each realtime period */
	bool cpu_idle;
};

/*
 * Read them. dirs: the container's directories, in the order of the hierarchies of fs. Returns 0 or
 * a negative errno with *e filled.
 */
int cgroup_now_read(const struct cgroupfs *fs, const char *const *dirs, struct cgroup_now *ret,
		    struct rl_err *e);

#endif
