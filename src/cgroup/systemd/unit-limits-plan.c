/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as properties of a unit, made of what is written to the cgroup's files; see unit.h. Pure.
 */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_DEFAULT 100000 /* microseconds: the kernel's, of cpu.max */
#define SECOND_USEC    UINT64_C(1000000)
#define QUOTA_STEP     10000 /* systemd keeps a quota in hundredths of a CPU */
#define SET_LIMIT      8192  /* CPUs and memory nodes: CPU_SETSIZE of systemd */

/* 1: *ret has kind and value; 0: systemd has nothing to know. ret->data points to `room`. */
typedef int limit_value(const char *text, struct systemd_property *ret, char *room);

/* A number as the kernel takes it, "4096", "512M", "max"; *ret_end is behind it. */
static bool read_number(const char *text, uint64_t *ret, const char **ret_end)
{
	static const char units[] = "KMGT";
	const char *unit; /* of a small or capital letter */
	char *end;

	if (!strncmp(text, "max", 3)) {
		*ret = UINT64_MAX;
		*ret_end = text + 3;
		return true;
	}
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	unit = memchr(units, *end & ~0x20, strlen(units));
	for (long i = unit ? unit - units : -1; i >= 0; i--)
		if (__builtin_mul_overflow(*ret, UINT64_C(1024), ret))
			return false;
	*ret_end = unit ? end + 1 : end;
	return errno == 0;
}

static int u64(uint64_t value, struct systemd_property *ret)
{
	ret->kind = SYSTEMD_U64;
	ret->number = value;
	return 1;
}

static int bytes(const char *text, struct systemd_property *ret, char *room)
{
	const char *end;
	uint64_t value;

	(void)room;
	/* v1 */
	if (!strcmp(text, "-1"))
		return u64(UINT64_MAX, ret);
	return read_number(text, &value, &end) && !*end ? u64(value, ret) : 0;
}

/* systemd has no 0; with a process in the cgroup, a limit of 1 lets it fork as little. */
static int tasks(const char *text, struct systemd_property *ret, char *room)
{
	int r = bytes(text, ret, room);

	if (r > 0 && !ret->number)
		ret->number = 1;
	return r;
}

/* "100" or "default 100"; what is for one device only, systemd leaves alone. */
static int weight(const char *text, struct systemd_property *ret, char *room)
{
	if (!strncmp(text, "default ", strlen("default ")))
		text += strlen("default ");
	return bytes(text, ret, room);
}

/* 0 is what systemd calls "idle". */
static int idle(const char *text, struct systemd_property *ret, char *room)
{
	(void)room;
	return strcmp(text, "1") ? 0 : u64(0, ret);
}

/* "50000 100000", "max", "50000" */
static bool read_quota(const char *text, uint64_t *ret_quota, uint64_t *ret_period)
{
	const char *end;

	*ret_period = 0;
	if (!read_number(text, ret_quota, &end))
		return false;
	return !*end || (*end == ' ' && read_number(end + 1, ret_period, &end) && !*end);
}

/* A second's worth, not less than was asked for. */
static int quota(const char *text, struct systemd_property *ret, char *room)
{
	uint64_t value, per;

	(void)room;
	if (!read_quota(text, &value, &per))
		return 0;
	if (value == UINT64_MAX)
		return u64(value, ret);
	if (__builtin_mul_overflow(value, SECOND_USEC, &value))
		return 0;
	value /= per ? per : PERIOD_DEFAULT;
	return u64((value / QUOTA_STEP + (value % QUOTA_STEP != 0)) * QUOTA_STEP, ret);
}

static int period(const char *text, struct systemd_property *ret, char *room)
{
	uint64_t value, per;

	(void)room;
	return read_quota(text, &value, &per) && per ? u64(per, ret) : 0;
}

/* "0-3,7" as a mask, the lowest in the first byte. */
static int set(const char *text, struct systemd_property *ret, char *room)
{
	size_t len = 0;

	memset(room, 0, SET_LIMIT / 8);
	while (*text) {
		unsigned long first, last;
		char *end;

		first = last = strtoul(text, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (end == text || last < first || last >= SET_LIMIT || (*end && *end != ','))
			return 0;
		for (unsigned long i = first; i <= last; i++)
			room[i / 8] = (char)(room[i / 8] | 1 << i % 8);
		len = last / 8 + 1 > len ? last / 8 + 1 : len;
		text = *end ? end + 1 : end;
	}
	ret->kind = SYSTEMD_BYTES;
	ret->data = room;
	ret->number = ret->size = len;
	return len > 0;
}

static const struct unit_limit {
	int version;
	const char *file, *property;
	limit_value *value;
} limits[] = {
#define UNIT_LIMIT(version, file, property, value) { version, file, property, value },
#include "cgroup/systemd/unit-limits.def"
#undef UNIT_LIMIT
};

static int add(const struct unit_limit *limit, const char *text, const char *where,
	       struct unit_list *l)
{
	struct systemd_property p = { .name = limit->property, .where = where };
	char room[SET_LIMIT / 8];

	return limit->value(text, &p, room) ? unit_list_put(l, &p) : 0;
}

int unit_limits_make(const void *base, const struct cgroup_plan *p, struct unit_list *l)
{
	const struct cgroup_dir *dirs = flat_get(base, p->dirs.off);
	int r = 0;

	FLAT_EACH(base, p->writes, const struct cgroup_write, w) {
		for (size_t i = 0; i < RL_COUNT(limits) && r == 0; i++)
			if (limits[i].version == (dirs[w->dir].v2 ? 2 : 1) &&
			    !strcmp(limits[i].file, flat_get_str(base, w->file)))
				r = add(&limits[i], flat_get_str(base, w->value),
					flat_get_str(base, w->where), l);
	}
	return r;
}
