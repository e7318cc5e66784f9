/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of numbers such as "0-3,7"; see numberlist.h. */
#include "spec/numberlist.h"

static const char *skip_spaces(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* One number that has a bit, and the spaces around it. NULL: none stands here. */
static const char *number(const char *s, size_t n_bits, size_t *ret)
{
	size_t n = 0;

	s = skip_spaces(s);
	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (size_t)(*s - '0');
		if (n >= n_bits)
			return NULL;
	}
	*ret = n;
	return skip_spaces(s);
}

/* "4" or "4-7" */
static const char *range(const char *s, size_t n_bits, uint64_t *bits)
{
	size_t first, last;

	s = number(s, n_bits, &first);
	if (!s)
		return NULL;
	last = first;
	if (*s == '-')
		s = number(s + 1, n_bits, &last);
	if (!s || last < first)
		return NULL;
	for (size_t i = first; i <= last; i++)
		bits[i / 64] |= (uint64_t)1 << i % 64;
	return s;
}

int numberlist_parse(const char *text, uint64_t *bits, size_t n_bits, const char *where,
		     struct rl_err *e)
{
	const char *s = range(text, n_bits, bits);

	while (s && *s == ',')
		s = range(s + 1, n_bits, bits);
	if (!s || *s)
		return rl_refuse(e, where,
				 "\"%.64s\" is not a list such as 0-3,7 of numbers below %zu", text,
				 n_bits);
	return 0;
}
