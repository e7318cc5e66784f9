/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child that does nothing: it is there so that something exists as long as there is a process in
 * it, a scope of systemd or a user namespace. It holds no file, and ends when its parent does.
 */
#ifndef RL_OS_HOLDER_H
#define RL_OS_HOLDER_H

#include <stdint.h>
#include <sys/types.h>

/* Start one, in new namespaces (CLONE_NEW...) or with 0 in ours. Returns its pid or a negative
 * errno; *ret_pidfd is close-on-exec. */
pid_t holder_start(uint64_t namespaces, int *ret_pidfd);

/* End and reap it; closes the descriptor. */
void holder_end(int *pidfd);

#endif
