/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for the state of a cgroup. Inside src/cgroup only. */
#ifndef RL_CGROUP_CGROUP_WAIT_H
#define RL_CGROUP_CGROUP_WAIT_H

#include <stdint.h>

struct interrupt;

/*
 * Wait until the words stand in a file of the cgroup ("frozen 1" in cgroup.events), at most until
 * the deadline (by clock_ms()). interrupt: what ends it earlier, or NULL. Returns 0,
 * -ETIMEDOUT, -EINTR, -ENOENT or -ENODEV (the cgroup is gone), or another negative errno.
 */
int cgroup_wait(int group, const char *file, const char *words, int64_t deadline,
		const struct interrupt *interrupt);

#endif
