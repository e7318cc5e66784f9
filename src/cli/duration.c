/* SPDX-License-Identifier: Apache-2.0 */
/* Parses lengths of time; see duration.h. */
#include "cli/duration.h"

#include "base/auto.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SCALE_MAX 1000000u

/* The longest first of those that begin alike. */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\u00b5s", 1000 }, /* the micro sign */
	{ "\u03bcs", 1000 }, /* the Greek letter */
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * 1000000000ull },
	{ "h", 3600 * 1000000000ull },
};

static int cut_unit(const char **at, uint64_t *ret)
{
	for (size_t i = 0; i < RL_COUNT(units); i++) {
		size_t len = strlen(units[i].name);

		if (!strncmp(*at, units[i].name, len)) {
			*at += len;
			*ret = units[i].ns;
			return 0;
		}
	}
	return -EINVAL;
}

/* "1.5" is 15 tenths: *ret_scale is 10. Digits behind the sixth after the dot are dropped. */
static int cut_number(const char **at, uint64_t *ret, uint64_t *ret_scale)
{
	bool dot = false, any = false;

	*ret = 0;
	*ret_scale = 1;
	for (; (**at >= '0' && **at <= '9') || (**at == '.' && !dot); ++*at) {
		uint64_t next;

		if (**at == '.') {
			dot = true;
			continue;
		}
		any = true;
		if (dot && *ret_scale == SCALE_MAX)
			continue;
		if (__builtin_mul_overflow(*ret, 10, &next) ||
		    __builtin_add_overflow(next, (uint64_t)(**at - '0'), ret))
			return -ERANGE;
		if (dot)
			*ret_scale *= 10;
	}
	return any ? 0 : -EINVAL;
}

/* number / scale * unit. The fraction, below 10^6 times 3.6 * 10^12, cannot overflow. */
static int multiply(uint64_t number, uint64_t scale, uint64_t unit, uint64_t *ret)
{
	uint64_t whole;

	if (__builtin_mul_overflow(number / scale, unit, &whole) ||
	    __builtin_add_overflow(whole, number % scale * unit / scale, ret))
		return -ERANGE;
	return 0;
}

int duration_parse(const char *text, uint64_t *ret)
{
	bool bare = text[0] && strspn(text, "0123456789") == strlen(text);
	uint64_t sum = 0;

	if (text[0] == '-')
		return -ERANGE;
	text += text[0] == '+';
	do {
		uint64_t number, scale, unit = 1000000000, ns;
		int r = cut_number(&text, &number, &scale);

		if (r == 0 && !bare)
			r = cut_unit(&text, &unit);
		if (r == 0)
			r = multiply(number, scale, unit, &ns);
		if (r < 0)
			return r;
		if (__builtin_add_overflow(sum, ns, &sum) || sum > INT64_MAX)
			return -ERANGE;
	} while (*text);
	*ret = sum;
	return 0;
}
