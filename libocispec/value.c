/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads scalars and checks what the schema says of them; see value.h. No double is ever involved:
 * it would round.
 */
#include "libocispec/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 40 /* characters of a wrong number that a message shows */

static bool is_integer(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '.' || s[i] == 'e' || s[i] == 'E')
			return false;
	return true;
}

static int parse_digits(const char *s, size_t len, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		uint64_t digit = (uint64_t)(s[i] - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		v = v * 10 + digit;
	}
	*ret = v;
	return 0;
}

static int parse_u64(const char *s, size_t len, uint64_t *ret)
{
	uint64_t v;
	bool minus = s[0] == '-';
	int r = parse_digits(s + minus, len - minus, &v);

	if (r < 0)
		return r;
	if (minus && v)
		return -ERANGE;
	*ret = v;
	return 0;
}

static int parse_i64(const char *s, size_t len, int64_t *ret)
{
	uint64_t v;
	bool minus = s[0] == '-';
	int r = parse_digits(s + minus, len - minus, &v);

	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + minus)
		return -ERANGE;
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

static int out_of_range(const struct oci_member *m, enum oci_kind kind, const char *s, int shown,
			char *complaint, size_t size)
{
	int64_t min = kind == OCI_I64 ? INT64_MIN : 0;
	uint64_t max = UINT64_MAX;

	if (kind == OCI_I64)
		max = INT64_MAX;
	if (kind == OCI_U32)
		max = UINT32_MAX;
	if (m->bounded) {
		min = m->min;
		max = (uint64_t)m->max;
	}
	snprintf(complaint, size, "%.*s is not in the range %" PRId64 " to %" PRIu64, shown, s, min,
		 max);
	return -ERANGE;
}

static bool in_bounds(const struct oci_member *m, enum oci_kind kind, int64_t i, uint64_t u)
{
	if (kind == OCI_U32 && u > UINT32_MAX)
		return false;
	if (!m->bounded)
		return true;
	if (kind == OCI_I64)
		return i >= m->min && i <= m->max;
	return u >= (uint64_t)m->min && u <= (uint64_t)m->max;
}

int value_number(const struct oci_member *m, enum oci_kind kind, const char *s, size_t len,
		 void *ret, char *complaint, size_t size)
{
	int shown = len < SHOWN ? (int)len : SHOWN;
	uint64_t u = 0;
	int64_t i = 0;
	int r;

	if (!is_integer(s, len)) {
		snprintf(complaint, size,
			 "must be an integer without fraction and exponent, not %.*s", shown, s);
		return -EINVAL;
	}
	r = kind == OCI_I64 ? parse_i64(s, len, &i) : parse_u64(s, len, &u);
	if (r < 0 || !in_bounds(m, kind, i, u))
		return out_of_range(m, kind, s, shown, complaint, size);
	if (kind == OCI_U32)
		*(uint32_t *)ret = (uint32_t)u;
	else if (kind == OCI_U64)
		*(uint64_t *)ret = u;
	else
		*(int64_t *)ret = i;
	return 0;
}

static int wrong_word(const char *const *words, const char *s, char *complaint, size_t size)
{
	char list[160] = "";
	size_t n = 0;

	/* An empty word, which stands for none, is no advice: it is the last of its list. */
	for (size_t i = 0; words[i] && *words[i] && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", words[i]);
	snprintf(complaint, size, "\"%.60s\" is not one of %s%s", s, list,
		 n < sizeof(list) ? "" : "...");
	return -EINVAL;
}

int value_check_string(const struct oci_member *m, const char *s, char *complaint, size_t size)
{
	if (m->shape && !m->shape->is(s)) {
		snprintf(complaint, size, "\"%.60s\" is not %s", s, m->shape->like);
		return -EINVAL;
	}
	if (!m->words)
		return 0;
	for (size_t i = 0; m->words[i]; i++)
		if (strcmp(m->words[i], s) == 0)
			return 0;
	return wrong_word(m->words, s, complaint, size);
}
