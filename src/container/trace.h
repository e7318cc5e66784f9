/* SPDX-License-Identifier: Apache-2.0 */
/* The times of steps, and what --trace shows of them. Inside src/container only. */
#ifndef RL_CONTAINER_TRACE_H
#define RL_CONTAINER_TRACE_H

#include <stdint.h>
#include <stdio.h>

struct trace_time {
	int64_t t0, t1; /* of clock_ns(); t1 0: did not run */
};

/* Write the steps that ran: times has STEPS entries. out: NULL writes nothing. */
void trace_write(const struct trace_time *times, FILE *out);

#endif
