/* SPDX-License-Identifier: Apache-2.0 */
/* The socket on which the waiting process hears of start: <root>/<id>/start. See message.h. */
#ifndef RL_CONTAINER_START_H
#define RL_CONTAINER_START_H

#include "base/err.h"
#include "container/trace.h"

#include <stdbool.h>

/* Make the listening socket in the state directory. Returns a descriptor or a negative errno. */
int start_listen(int state_fd);

/*
 * A connection to the process that waits there, which waits on when it is closed. Does not block.
 * -ECONNREFUSED: nobody does; -EAGAIN: it does, but is stopped, and many asked before.
 */
int start_connect(int state_fd);

/*
 * Tell it to run the program; `trace`: and to report its steps. fd: of start_connect(), or the
 * negative errno of that. Returns 0; or a negative errno with *e filled: -ECONNREFUSED if nobody
 * waits there.
 */
int start_send(int fd, bool trace, struct rl_err *e);

/*
 * Hear, on the connection, how the program is executed, until it is. times: STEPS entries to fill,
 * or NULL for no trace. Also for a process that does not wait for start.
 */
int start_follow(int fd, struct trace_time *times, struct rl_err *e);

#endif
