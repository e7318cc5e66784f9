/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a pid namespace, found in /proc (pid_namespaces(7), ioctl_nsfs(2)). */
#ifndef RL_OS_PIDNS_H
#define RL_OS_PIDNS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * All processes that the process `pid` could see: of its pid namespace, and of those below it.
 * *ret is sorted, as pids of our own namespace; the caller frees it. Returns 0 or a negative errno;
 * -ENOENT: that process is gone.
 */
int pidns_list(pid_t pid, pid_t **ret, size_t *ret_n);

#endif
