/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of one cgroup. Inside src/cgroup only. */
#ifndef RL_CGROUP_CGROUP_PROCS_H
#define RL_CGROUP_CGROUP_PROCS_H

#include <sys/types.h>

/*
 * The text of cgroup.procs, to be freed; *ret is NULL for a cgroup without processes of its own:
 * it is empty, gone, or a threaded one of v2, whose processes are listed further up. Returns 0 or a
 * negative errno.
 */
int cgroup_procs_read(int group, char **ret);

/* The number at *p, which has one a line; moves on to the next, or to NULL. */
pid_t cgroup_procs_next(const char **p);

#endif
