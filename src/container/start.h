/* SPDX-License-Identifier: Apache-2.0 */
/* The socket on which the waiting process hears of start: <root>/<id>/start. See message.h. */
#ifndef RL_CONTAINER_START_H
#define RL_CONTAINER_START_H

#include "base/err.h"
#include "container/trace.h"

#include <stdbool.h>

/* Make the listening socket in the state directory. Returns a descriptor or a negative errno. */
int start_listen(int state_fd);

/* Whether a process waits there: never blocks. */
bool start_is_waiting(int state_fd);

/*
 * Tell it to run the program, and wait until it does. times: STEPS entries to fill, or NULL for no
 * trace. Returns 0; or a negative errno with *e filled: -ECONNREFUSED if nobody waits there.
 */
int start_send(int state_fd, struct trace_time *times, struct rl_err *e);

/*
 * The part of it behind the word: hear, on the connection, how the program is executed. Also for a
 * process that does not wait for start.
 */
int start_follow(int fd, struct trace_time *times, struct rl_err *e);

#endif
