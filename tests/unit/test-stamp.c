/* SPDX-License-Identifier: Apache-2.0 */
/* base/stamp.h: the same text as libc's calendar gives. */
#include "base/stamp.h"

#include "tap.h"

#include <stdio.h>
#include <string.h>

static void check(time_t at)
{
	struct timespec ts = { .tv_sec = at };
	char buf[STAMP_SIZE], expected[STAMP_SIZE];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
	stamp_write(&ts, 0, buf);
	if (strcmp(buf, expected) != 0)
		is_str(buf, expected, "second %ld", (long)at);
}

int main(void)
{
	static const time_t last = 253402300799; /* of the year 9999 */
	struct timespec ts = { .tv_sec = 1709210096, .tv_nsec = 7008009 };
	char buf[STAMP_SIZE];

	for (time_t day = 0; day <= last / 86400; day++)
		check(day * 86400);
	for (time_t second = 951782400; second < 951782400 + 86400;
	     second += 61) /* 29 February 2000 */
		check(second);
	check(last);
	stamp_write(&ts, 0, buf);
	is_str(buf, "2024-02-29T12:34:56Z", "all days to the year 9999, a leap day");
	stamp_write(&ts, 6, buf);
	is_str(buf, "2024-02-29T12:34:56.007008Z", "to the microsecond");
	stamp_write(&ts, 9, buf);
	is_str(buf, "2024-02-29T12:34:56.007008009Z", "to the nanosecond");
	return tap_done();
}
