/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the time of day; see stamp.h. */
#include "base/stamp.h"

#include <stdbool.h>
#include <stdio.h>

#define DAY 86400

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The year in which day *rest after 1 January 1970 is; *rest becomes the day in it, from 0. */
static int take_years(long *rest)
{
	int year = 1970;

	for (; *rest >= 365 + is_leap(year); year++)
		*rest -= 365 + is_leap(year);
	return year;
}

/* The same for a month, from 1. */
static int take_months(int year, long *rest)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int month = 1;

	for (;; month++) {
		int n = days[month - 1] + (month == 2 && is_leap(year));

		if (*rest < n)
			return month;
		*rest -= n;
	}
}

void stamp_write(const struct timespec *ts, int digits, char buf[static STAMP_SIZE])
{
	long rest = ts->tv_sec / DAY;
	int second = (int)(ts->tv_sec % DAY), year = take_years(&rest),
	    month = take_months(year, &rest);
	char fraction[16];

	snprintf(fraction, sizeof(fraction), ".%09ld", ts->tv_nsec);
	snprintf(buf, STAMP_SIZE, "%04d-%02d-%02ldT%02d:%02d:%02d%.*sZ", year, month, rest + 1,
		 second / 3600, second / 60 % 60, second % 60, digits ? digits + 1 : 0, fraction);
}

void stamp_now(int digits, char buf[static STAMP_SIZE])
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	stamp_write(&ts, digits, buf);
}
