/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as properties of a unit, made of what is written to the cgroup's files; see unit.h. Pure.
 */
#include "base/auto.h"
#include "cgroup/limits/cgroup-now.h"
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

static int clamp(const char *text, uint64_t low, uint64_t high, struct systemd_property *ret)
{
	int r = weight(text, ret, NULL);

	if (r > 0 && ret->number < low)
		ret->number = low;
	if (r > 0 && ret->number > high)
		ret->number = high;
	return r;
}

/* v1, as the kernel does. */
static int shares(const char *text, struct systemd_property *ret, char *room)
{
	(void)room;
	return clamp(text, 2, 262144, ret);
}

static int block_weight(const char *text, struct systemd_property *ret, char *room)
{
	(void)room;
	return clamp(text, 10, 1000, ret);
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

/* The quota of CPU time and its period: one file in v2, two in v1, and systemd wants both. */
struct bandwidth {
	uint64_t quota, period;
	const char *where; /* NULL: neither is written */
};

/* "50000 100000", "max", "50000" */
static void read_bandwidth(const char *text, struct bandwidth *b)
{
	const char *end;

	if (read_number(text, &b->quota, &end) && *end == ' ')
		read_number(end + 1, &b->period, &end);
}

static void find_bandwidth(const void *base, const struct cgroup_plan *p, struct bandwidth *b)
{
	FLAT_EACH(base, p->writes, const struct cgroup_write, w) {
		const char *file = flat_get_str(base, w->file), *end;
		const char *value = flat_get_str(base, w->value);

		if (!strcmp(file, "cpu.max"))
			read_bandwidth(value, b);
		else if (!strcmp(file, "cpu.cfs_period_us"))
			read_number(value, &b->period, &end);
		else if (strcmp(file, "cpu.cfs_quota_us") != 0)
			continue;
		else if (!strcmp(value, "-1"))
			b->quota = UINT64_MAX;
		else
			read_number(value, &b->quota, &end);
		b->where = flat_get_str(base, w->where);
	}
}

static int put_number(struct unit_list *l, const char *name, uint64_t value, const char *where)
{
	struct systemd_property p = { .name = name, .where = where };

	u64(value, &p);
	return unit_list_put(l, &p);
}

/* The quota as what it is of a second, not less than was asked for. */
static int add_bandwidth(const struct bandwidth *b, struct unit_list *l)
{
	uint64_t value = b->quota;

	if (value != UINT64_MAX && __builtin_mul_overflow(value, SECOND_USEC, &value))
		value = UINT64_MAX;
	if (value != UINT64_MAX) {
		value /= b->period;
		value = (value / QUOTA_STEP + (value % QUOTA_STEP != 0)) * QUOTA_STEP;
	}
	return put_number(l, "CPUQuotaPerSecUSec", value, b->where);
}

static int make_bandwidth(const void *base, const struct cgroup_plan *p,
			  const struct cgroup_now *now, struct unit_list *l)
{
	struct bandwidth b = { .quota = UINT64_MAX };
	int r;

	if (now && now->cpu_quota > 0)
		b.quota = (uint64_t)now->cpu_quota;
	if (now)
		b.period = now->cpu_period;
	find_bandwidth(base, p, &b);
	if (!b.where)
		return 0;
	/* The kernel's is systemd's own. */
	if (!b.period)
		b.period = PERIOD_DEFAULT;
	r = add_bandwidth(&b, l);
	return r < 0 ? r : put_number(l, "CPUQuotaPeriodUSec", b.period, b.where);
}

int unit_limits_make(const void *base, const struct cgroup_plan *p, const struct cgroup_now *now,
		     struct unit_list *l)
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
	return r < 0 ? r : make_bandwidth(base, p, now, l);
}
