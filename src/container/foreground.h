/* SPDX-License-Identifier: Apache-2.0 */
/* The foreground part of `run` and `exec`: start, pass signals on, wait. Inside src/container only.
 */
#ifndef RL_CONTAINER_FOREGROUND_H
#define RL_CONTAINER_FOREGROUND_H

#include "container/run.h"

/*
 * Start the program by `begin` (run_start() or run_exec()), and wait for its end. Gives its exit
 * status, 128+N for signal N. While it runs, the lock on the state directory is free. The signal
 * mask and the subreaper of the caller are as before when it returns. 0 or a negative errno, with
 * the error filled.
 */
int foreground_run(struct run *r, int (*begin)(struct run *r), int *ret_status);

#endif
