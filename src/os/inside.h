/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doing something inside new namespaces and coming back with what was opened there: for a caller
 * who has rights in a new user namespace only.
 */
#ifndef RL_OS_INSIDE_H
#define RL_OS_INSIDE_H

#include <stdint.h>

/*
 * Call run(context) in new namespaces (CLONE_NEW...), in a process that shares our memory and our
 * descriptors and ends then; we wait. It keeps our ids, even in a user namespace that maps none.
 * Returns what run() returned, or a negative errno if it could not be called; -ECHILD: it was
 * killed.
 */
int inside_run(uint64_t namespaces, int (*run)(void *context), void *context);

#endif
