/* SPDX-License-Identifier: Apache-2.0 */
/* The clock that nobody sets: clock_gettime(2), CLOCK_MONOTONIC. */
#ifndef RL_OS_CLOCK_H
#define RL_OS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds. */
static inline int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Milliseconds. */
static inline int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

#endif
