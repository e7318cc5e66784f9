/* SPDX-License-Identifier: Apache-2.0 */
/* Thawing what is to die. Inside src/cgroup only. */
#ifndef RL_CGROUP_CGROUP_FREEZE_H
#define RL_CGROUP_CGROUP_FREEZE_H

#include <stdint.h>

/*
 * Thaw a cgroup of version 1 and all below it, which the payload may have frozen: what is frozen
 * does not die. A failure shows in that the processes do not go. Version 2 needs nothing: the
 * kernel lets frozen processes die.
 */
void cgroup_freeze_end(int top, int64_t deadline);

#endif
