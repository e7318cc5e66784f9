/* SPDX-License-Identifier: Apache-2.0 */
/* Reads sizes; see size.h. */
#include "cli/size.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
	char letter;
	unsigned int shift;
} units[] = { { 'b', 0 }, { 'k', 10 }, { 'm', 20 }, { 'g', 30 }, { 't', 40 }, { 'p', 50 } };

/* "", "k", "kb", "kib"; 'b' stands alone. */
static int read_unit(const char *text, uint64_t *ret)
{
	if (!*text) {
		*ret = 1;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (tolower((unsigned char)text[0]) != units[i].letter)
			continue;
		if (text[1] &&
		    (i == 0 || (strcasecmp(text + 1, "b") && strcasecmp(text + 1, "ib"))))
			return -EINVAL;
		*ret = (uint64_t)1 << units[i].shift;
		return 0;
	}
	return -EINVAL;
}

/* The fraction of a unit, rounded down: from the last digit on, so that nothing is lost. */
static uint64_t part_of(uint64_t unit, const char *digits, size_t n)
{
	uint64_t part = 0;

	while (n)
		part = (part + (uint64_t)(digits[--n] - '0') * unit) / 10;
	return part;
}

int size_parse(const char *text, int64_t *ret)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	const char *rest = text + whole;
	uint64_t n = 0, unit;

	if (!strcmp(text, "-1")) {
		*ret = -1;
		return 0;
	}
	if (*rest == '.') {
		part = strspn(rest + 1, "0123456789");
		rest += 1 + part;
	}
	if (!whole || (rest[-1] == '.') || (*rest == ' ' && !rest[1]) ||
	    read_unit(rest + (*rest == ' '), &unit) < 0)
		return -EINVAL;
	for (size_t i = 0; i < whole; i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(text[i] - '0'), &n))
			return -ERANGE;
	if (__builtin_mul_overflow(n, unit, &n) ||
	    __builtin_add_overflow(n, part_of(unit, text + whole + 1, part), &n) || n > INT64_MAX)
		return -ERANGE;
	*ret = (int64_t)n;
	return 0;
}
