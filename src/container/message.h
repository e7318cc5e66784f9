/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HOST and the stub say to each other, over one SOCK_SEQPACKET pair; and `rundlet start` and
 * the waiting process, over a connection to the socket in the state directory. Freestanding.
 *
 *   type   direction      phase          meaning
 *   PID    stub to HOST   create         another process goes on for me; its pidfd comes along
 *   AT     stub to HOST   create         my rows before the HOST row `step` are done; I wait
 *                         live           `step` is STEPS: all is done; the last message
 *                                        A descriptor that comes along is to be closed.
 *   GO     HOST to stub   create         the HOST rows are done, go on; `pid`: you. In `run`, where
 *                                        none comes from `start`, the last one begins that phase
 *   START  start to stub  wait_start     run the program; `trace`: report the steps
 *   EXEC   stub to both   start          only the filter and execve are left, from t0: if the
 *                                        connection ends now without ERROR, the program runs;
 *                                        a descriptor comes along as with AT
 *   STEP   stub to both   create, start  the row `step` took from t0 to t1 (only when traced)
 *   ERROR  stub to both   create, start  the row `step` failed: the last message
 *                         live           `step` is -1
 *
 * A message that is not legal where it comes is an error of its receiver.
 */
#ifndef RL_CONTAINER_MESSAGE_H
#define RL_CONTAINER_MESSAGE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum message_type {
	MESSAGE_PID = 1,
	MESSAGE_AT,
	MESSAGE_GO,
	MESSAGE_START,
	MESSAGE_EXEC,
	MESSAGE_STEP,
	MESSAGE_ERROR,
};

struct message {
	uint32_t type;
	int32_t step;
	int32_t pid;       /* PID, GO: in the pid namespace of HOST */
	uint32_t trace;    /* START */
	int64_t t0, t1;    /* STEP: ns of CLOCK_MONOTONIC */
	struct rl_err err; /* ERROR only; the other types end before it */
};

static inline size_t message_size(uint32_t type)
{
	return type == MESSAGE_ERROR ? sizeof(struct message) : offsetof(struct message, err);
}

#endif
