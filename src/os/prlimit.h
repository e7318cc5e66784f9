/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits of another process; see prlimit(2). */
#ifndef RL_OS_PRLIMIT_H
#define RL_OS_PRLIMIT_H

#include <stdint.h>
#include <sys/types.h>

/* UINT64_MAX is "unlimited". Both return 0 or a negative errno. */
int prlimit_get(pid_t pid, unsigned int resource, uint64_t *ret_soft, uint64_t *ret_hard);
int prlimit_set(pid_t pid, unsigned int resource, uint64_t soft, uint64_t hard);

#endif
