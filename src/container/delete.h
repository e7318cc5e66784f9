/* SPDX-License-Identifier: Apache-2.0 */
/* Destroying a container: its record read backwards. Inside src/container only. */
#ifndef RL_CONTAINER_DELETE_H
#define RL_CONTAINER_DELETE_H

#include "container/run.h"

/*
 * Destroy what a run made that came as far as "created", and run its poststop hooks: the end of
 * `run`, and of a start that failed. 0 or a negative errno with *e filled; where another command
 * has the lock for long the container stays, with a warning.
 */
int delete_run(struct run *r, struct rl_err *e);

/*
 * The same from the state directory (open) and the record, of a start that failed, whether it has
 * the lock still or not. Warns if that fails.
 */
void delete_failed(const char *root, int state_fd, struct record_doc *d);

#endif
