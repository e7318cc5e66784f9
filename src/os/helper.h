/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process that is a copy of ours and does one thing: with its own table of descriptors, so
 * that what it closes, and waits for then, is not closed by us. It ends when its parent does.
 */
#ifndef RL_OS_HELPER_H
#define RL_OS_HELPER_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Start one, of this name, in new namespaces (CLONE_NEW...) or with 0 in ours: it calls
 * run(context) and ends. It has our descriptors and signals until it changes that; other threads
 * may have held locks, so it allocates nothing and prints nothing. Returns its pid or a negative
 * errno; *ret_pidfd is close-on-exec.
 */
pid_t helper_start(uint64_t namespaces, const char *name, void (*run)(void *context), void *context,
		   int *ret_pidfd);

/* End and reap it; closes the descriptor. */
void helper_end(int *pidfd);

#endif
