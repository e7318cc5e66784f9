/* SPDX-License-Identifier: Apache-2.0 */
/* The times of steps, and what --trace shows of them. Inside src/container only. */
#ifndef RL_CONTAINER_TRACE_H
#define RL_CONTAINER_TRACE_H

#include <stdint.h>
#include <stdio.h>

struct trace_time {
	int64_t t0, t1; /* ns of CLOCK_MONOTONIC; t1 0: did not run */
};

/* Now. */
int64_t trace_now(void);

/* Write the steps that ran: times has STEPS entries. out: NULL writes nothing. */
void trace_write(const struct trace_time *times, FILE *out);

#endif
