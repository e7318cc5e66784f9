/* SPDX-License-Identifier: Apache-2.0 */
/* The time of day as text. */
#ifndef RL_BASE_STAMP_H
#define RL_BASE_STAMP_H

#include <time.h>

#define STAMP_SIZE 64

/*
 * RFC 3339 in UTC, with 0 to 9 digits of a second: 2026-01-31T23:59:59.123456Z. Years 1970 to 9999.
 * By itself: gmtime_r(3) of glibc reads the file of the local time zone first.
 */
void stamp_write(const struct timespec *ts, int digits, char buf[static STAMP_SIZE]);

/* The same, of now. */
void stamp_now(int digits, char buf[static STAMP_SIZE]);

#endif
