/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child that does nothing: it is there so that something exists as long as there is a process in
 * it, a scope of systemd for one. It holds no file, and ends when its parent does.
 */
#ifndef RL_OS_HOLDER_H
#define RL_OS_HOLDER_H

#include <sys/types.h>

/* Start one. Returns its pid or a negative errno; *ret_pidfd is close-on-exec. */
pid_t holder_start(int *ret_pidfd);

/* End and reap it; closes the descriptor. */
void holder_end(int *pidfd);

#endif
