/* SPDX-License-Identifier: Apache-2.0 */
/* Names of signals; see signals.h. */
#include "spec/signals.h"

#include "base/auto.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/*
 * Of the kernel: libc keeps the first two real-time signals for itself and so counts RTMIN from 34,
 * as kill(1), runc and crun do.
 */
#define NUMBER_MAX 64
#define RTMIN      34
#define RTMAX      NUMBER_MAX

#ifndef SIGCLD /* musl */
#define SIGCLD SIGCHLD
#endif

static const struct {
	const char *name;
	int number;
} rows[] = {
#define SIGNAL(name) { #name, SIG##name },
#include "spec/signals.def"
#undef SIGNAL
};

/* At most three digits, nothing else; or -EINVAL. */
static int small_number(const char *s)
{
	size_t n = strspn(s, "0123456789");
	int v = 0;

	if (n == 0 || n > 3 || s[n])
		return -EINVAL;
	for (; *s; s++)
		v = v * 10 + (*s - '0');
	return v;
}

static int in_range(int number, int min)
{
	return number >= min && number <= NUMBER_MAX ? number : -EINVAL;
}

/* "RTMIN", "RTMIN+3", "RTMAX-1". */
static int real_time(const char *s)
{
	bool from_min = strncasecmp(s, "RTMIN", 5) == 0;
	char sign = from_min ? '+' : '-';
	int offset = 0;

	if (!from_min && strncasecmp(s, "RTMAX", 5) != 0)
		return -EINVAL;
	if (s[5]) {
		offset = s[5] == sign ? small_number(s + 6) : -EINVAL;
		if (offset < 0)
			return -EINVAL;
	}
	return in_range(from_min ? RTMIN + offset : RTMAX - offset, RTMIN);
}

int signals_number(const char *text)
{
	if (*text >= '0' && *text <= '9')
		return in_range(small_number(text), 1);
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < RL_COUNT(rows); i++)
		if (strcasecmp(text, rows[i].name) == 0)
			return rows[i].number;
	return real_time(text);
}
