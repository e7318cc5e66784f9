/* SPDX-License-Identifier: Apache-2.0 */
/* Reads /etc/subuid, /etc/subgid and a name from /etc/passwd; see subid.h. */
#include "process/subid.h"

#include "base/span.h"

#include <string.h>

#define ID_LAST (UINT32_MAX - 1) /* 4294967295 means "none" */

static bool read_number(struct span s, uint32_t *ret)
{
	uint64_t n = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.at[i] - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)n;
	return true;
}

static bool is_user(struct span s, const char *name, uint32_t uid)
{
	uint32_t number;

	return (name && span_is(s, name)) || (read_number(s, &number) && number == uid);
}

static bool read_line(struct span line, const char *name, uint32_t uid, struct subid_range *ret)
{
	struct span user = span_cut(&line, ':'), first = span_cut(&line, ':'),
		    count = span_cut(&line, ':');

	return is_user(user, name, uid) && !line.len && read_number(first, &ret->first) &&
	       read_number(count, &ret->count) && ret->first <= ID_LAST && ret->count &&
	       ret->count - 1 <= ID_LAST - ret->first;
}

static bool overlap(const struct subid_range *a, const struct subid_range *b)
{
	return a->first < b->first ? b->first - a->first < a->count :
				     a->first - b->first < b->count;
}

static bool is_free(const struct subid *ids, const struct subid_range *range, uint32_t own)
{
	const struct subid_range mine = { own, 1 };
	bool taken = overlap(range, &mine);

	for (size_t i = 0; i < ids->n; i++)
		taken |= overlap(range, &ids->ranges[i]);
	return !taken;
}

void subid_parse(const char *text, const char *name, uint32_t uid, uint32_t own, struct subid *ret)
{
	struct span rest = span_of(text);

	while (rest.len && ret->n < SUBID_MAX) {
		struct subid_range range;

		if (read_line(span_cut(&rest, '\n'), name, uid, &range) &&
		    is_free(ret, &range, own))
			ret->ranges[ret->n++] = range;
	}
}

bool subid_user(const char *passwd, uint32_t uid, char *buf, size_t size)
{
	struct span rest = span_of(passwd);

	while (rest.len) {
		struct span line = span_cut(&rest, '\n');
		struct span name = span_cut(&line, ':');
		uint32_t number;

		span_cut(&line, ':'); /* the password */
		if (!read_number(span_cut(&line, ':'), &number) || number != uid || !name.len)
			continue;
		if (name.len >= size)
			return false;
		memcpy(buf, name.at, name.len);
		buf[name.len] = 0;
		return true;
	}
	return false;
}
