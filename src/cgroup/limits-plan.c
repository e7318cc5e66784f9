/* SPDX-License-Identifier: Apache-2.0 */
/* Turns linux.resources into values for files of the cgroup; the files are in limits.def. Pure. */
#include "cgroup/build.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 4096 /* what the kernel takes in one write */

/* What a limit is made of. */
struct limit_source {
	const struct oci_resources *res;
	bool v2;
	const char *where; /* linux.resources.memory.limit */
	struct rl_err *e;
};

/* 1: `buf`, of VALUE_MAX bytes, has the text; 0: the limit is not asked for; or a negative errno.
 */
typedef int limit_text(const struct limit_source *s, char *buf);

/* A number, -1 for no limit. */
static int number(const struct limit_source *s, int64_t value, const char *unlimited, char *buf)
{
	if (value < -1)
		return rl_refuse(s->e, s->where,
				 "%" PRId64 " is no limit: only -1 stands for \"no limit\"", value);
	if (value == -1)
		snprintf(buf, VALUE_MAX, "%s", unlimited);
	else
		snprintf(buf, VALUE_MAX, "%" PRId64, value);
	return 1;
}

static int memory_number(const struct limit_source *s, bool has, int64_t value, char *buf)
{
	/* Engines send 0 for "not specified"; and no process can live on it. */
	if (!has || !value)
		return 0;
	return number(s, value, s->v2 ? "max" : "-1", buf);
}

static int memory_limit(const struct limit_source *s, char *buf)
{
	const struct oci_memory *m = s->res->memory;

	return m ? memory_number(s, m->has_limit, m->limit, buf) : 0;
}

static int memory_reservation(const struct limit_source *s, char *buf)
{
	const struct oci_memory *m = s->res->memory;

	return m ? memory_number(s, m->has_reservation, m->reservation, buf) : 0;
}

static bool has_swap(const struct oci_memory *m)
{
	return m && m->has_swap && m->swap;
}

static int swap_lifted(const struct limit_source *s, char *buf)
{
	if (!has_swap(s->res->memory))
		return 0;
	return number(s, -1, "-1", buf);
}

/* The limit of memory and swap together. v1 takes it as it is, v2 wants that of swap alone. */
static int swap_limit(const struct limit_source *s, char *buf)
{
	const struct oci_memory *m = s->res->memory;

	if (!has_swap(m))
		return 0;
	if (m->swap < 0)
		return number(s, m->swap, s->v2 ? "max" : "-1", buf);
	if (!m->has_limit || m->limit <= 0)
		return rl_refuse(
			s->e, s->where,
			"the limit of memory and swap together needs a limit of memory beside it");
	if (m->swap < m->limit)
		return rl_refuse(s->e, s->where,
				 "%" PRId64
				 " bytes for memory and swap together are less than the %" PRId64
				 " of memory alone",
				 m->swap, m->limit);
	return number(s, s->v2 ? m->swap - m->limit : m->swap, "", buf);
}

/* log2 for x >= 1, bit by bit; exact to some 1e-15. (libm would cost each start its loading.) */
static double log2_of(double x)
{
	double log = 0;

	for (; x >= 2; x /= 2)
		log += 1;
	for (double bit = 0.5; bit > 1e-16; bit /= 2) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			log += bit;
		}
	}
	return log;
}

/*
 * cpu.weight for cpu.shares: the curve through (2, 1), (1024, 100), (262144, 10000) that crun and
 * runc use: 10^((l^2 + 125 l) / 612 - 7/34) with l = log2(shares), rounded up.
 */
static uint64_t weight_of(uint64_t shares)
{
	uint64_t low = 1, high = 10000;
	double l, wanted;

	/* The kernel's own bounds of cpu.shares; it does the same in v1. */
	if (shares < 2)
		shares = 2;
	if (shares > 262144)
		shares = 262144;
	l = log2_of((double)shares);
	wanted = ((l * l + 125 * l) / 612 - 7.0 / 34) * log2_of(10) - 1e-9;
	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (log2_of((double)middle) >= wanted)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int cpu_shares(const struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = s->res->cpu;

	if (!c || !c->has_shares || !c->shares)
		return 0;
	snprintf(buf, VALUE_MAX, "%" PRIu64, s->v2 ? weight_of(c->shares) : c->shares);
	return 1;
}

static bool has_quota(const struct oci_cpu *c)
{
	return c && c->has_quota && c->quota;
}

static bool has_period(const struct oci_cpu *c)
{
	return c && c->has_period && c->period;
}

/* In v2 quota and period are one file: the quota writes both, the period only where it is alone. */
static int cpu_period(const struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = s->res->cpu;

	if (!has_period(c) || (s->v2 && has_quota(c)))
		return 0;
	snprintf(buf, VALUE_MAX, "%s%" PRIu64, s->v2 ? "max " : "", c->period);
	return 1;
}

static int cpu_quota(const struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = s->res->cpu;
	size_t len;
	int r;

	if (!has_quota(c))
		return 0;
	r = number(s, c->quota, s->v2 ? "max" : "-1", buf);
	if (r < 0 || !s->v2 || !has_period(c))
		return r;
	len = strlen(buf);
	snprintf(buf + len, VALUE_MAX - len, " %" PRIu64, c->period);
	return 1;
}

/* "0-3,7". The kernel says what it makes of it; here only what could not be meant is refused. */
static int set_text(const struct limit_source *s, const char *list, char *buf)
{
	if (!list || !list[0])
		return 0;
	if (list[strspn(list, "0123456789,-:/ ")])
		return rl_refuse(s->e, s->where,
				 "\"%.100s\" is not a list of numbers such as 0-3,7", list);
	if (strlen(list) >= VALUE_MAX)
		return rl_refuse(s->e, s->where, "the list is longer than %d bytes", VALUE_MAX - 1);
	snprintf(buf, VALUE_MAX, "%s", list);
	return 1;
}

static int cpu_cpus(const struct limit_source *s, char *buf)
{
	return s->res->cpu ? set_text(s, s->res->cpu->cpus, buf) : 0;
}

static int cpu_mems(const struct limit_source *s, char *buf)
{
	return s->res->cpu ? set_text(s, s->res->cpu->mems, buf) : 0;
}

/* Here 0 is a limit: "may not fork" (config-linux.md#pids). */
static int pids_limit(const struct limit_source *s, char *buf)
{
	const struct oci_pids *p = s->res->pids;

	return p && p->has_limit ? number(s, p->limit, "max", buf) : 0;
}

static const struct limit {
	const char *member;
	const char *controller;
	const char *v1, *v2;
	limit_text *text;
} limits[] = {
#define LIMIT(member, controller, v1, v2, text) { member, controller, v1, v2, text },
#include "cgroup/limits.def"
#undef LIMIT
};

static int refuse_missing(const struct cgroup_build *b, const struct limit *l, const char *where)
{
	if (!b->fs) {
		rl_refuse(b->e, where, "a limit needs a cgroup, and none is to be made");
		rl_hint(b->e, "it was said so by --cgroup-manager=disabled");
		return -EINVAL;
	}
	rl_refuse(b->e, where, "the %s controller of cgroups is not available on this host",
		  l->controller);
	rl_hint(b->e,
		"the kernel lacks it, its command line disables it, or it is not mounted or, with "
		"cgroup v2, not passed on to this cgroup (cgroup.controllers)");
	return -EINVAL;
}

static int plan_limit(const struct limit *l, const struct oci_resources *res,
		      struct cgroup_build *b)
{
	const struct cgroupfs_hierarchy *h = b->fs ? cgroupfs_find(b->fs, l->controller) : NULL;
	bool v2 = h && h->v2;
	const char *file = v2 ? l->v2 : l->v1;
	char where[80], value[VALUE_MAX];
	struct limit_source s = { res, v2, where, b->e };
	int r;

	if (!file)
		return 0;
	snprintf(where, sizeof(where), "linux.resources.%s", l->member);
	r = l->text(&s, value);
	if (r <= 0)
		return r;
	if (!h)
		return refuse_missing(b, l, where);
	if (v2 && cgroup_build_enable(b, l->controller) < 0)
		return rl_fail_at(b->e, -E2BIG, where, "enable the controllers of cgroup v2");
	return cgroup_build_write(b, h, file, value, where);
}

int limits_plan(const struct oci_resources *r, struct cgroup_build *b)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int ret = plan_limit(&limits[i], r, b);

		if (ret < 0)
			return ret;
	}
	return 0;
}
