/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of CPU time, see limits.def. Pure. */
#include "cgroup/limits/limits-plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct oci_cpu *cpu_of(const struct limit_source *s)
{
	static const struct oci_cpu none;

	return s->res->cpu ? s->res->cpu : &none;
}

static int text(char *buf, const char *value)
{
	snprintf(buf, LIMITS_VALUE_MAX, "%s", value);
	return 1;
}

static int number(char *buf, uint64_t value)
{
	snprintf(buf, LIMITS_VALUE_MAX, "%" PRIu64, value);
	return 1;
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

/* 0 is what a new cgroup has, and kernels before 5.15 know nothing else. */
int cpu_idle(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);

	if (!c->has_idle || (!c->idle && !s->now))
		return 0;
	if (!c->idle)
		s->flags |= CGROUP_WRITE_IF_THERE;
	return number(buf, (uint64_t)c->idle);
}

int cpu_shares(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);

	if (!c->has_shares || !c->shares)
		return 0;
	/* The kernel gives an idle cgroup the least of all shares, and takes no others. */
	if (c->has_idle && c->idle)
		return 0;
	if (!c->has_idle && s->now && s->now->cpu_idle) {
		rl_refuse(s->e, s->where, "the cgroup is idle, and so has no shares");
		rl_hint(s->e, "wake it in the same update: cpu.idle 0");
		return -EINVAL;
	}
	return number(buf, s->v2 ? weight_of(c->shares) : c->shares);
}

static bool has_quota(const struct oci_cpu *c)
{
	return c->has_quota && c->quota;
}

static bool has_period(const struct oci_cpu *c)
{
	return c->has_period && c->period;
}

/* As `idle`: 0 takes away a burst that is in force, and is nothing to a new cgroup. */
static bool has_burst(const struct limit_source *s)
{
	const struct oci_cpu *c = cpu_of(s);

	return c->has_burst && (c->burst || s->now);
}

/* What it will be; -1: none. */
static int64_t quota_of(const struct limit_source *s)
{
	const struct oci_cpu *c = cpu_of(s);

	return has_quota(c) ? c->quota : s->now ? s->now->cpu_quota : -1;
}

int cpu_burst_off(struct limit_source *s, char *buf)
{
	return has_burst(s) ? text(buf, "0") : 0;
}

int cpu_burst(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);
	int64_t quota = quota_of(s);

	if (!has_burst(s) || !c->burst)
		return 0;
	/* M116, M117 */
	if (quota > 0 && c->burst > (uint64_t)quota)
		return rl_refuse(s->e, s->where,
				 "a burst of %" PRIu64 " is more than the quota of %" PRId64,
				 c->burst, quota);
	return number(buf, c->burst);
}

int cpu_quota_lifted(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);
	bool in_force = s->now && s->now->cpu_quota > 0;

	return in_force && has_quota(c) && has_period(c) ? text(buf, "-1") : 0;
}

/* In v2 quota and period are one file: the quota writes both, the period only where it is alone. */
int cpu_period(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);
	int r;

	if (!has_period(c) || (s->v2 && has_quota(c)))
		return 0;
	if (!s->v2)
		return number(buf, c->period);
	r = limits_number(s, quota_of(s), "max", buf);
	if (r > 0)
		snprintf(buf + strlen(buf), 32, " %" PRIu64, c->period);
	return r;
}

static int check_kept_burst(const struct limit_source *s)
{
	const struct oci_cpu *c = cpu_of(s);

	if (has_burst(s) || !s->now || c->quota < 0 || s->now->cpu_burst <= (uint64_t)c->quota)
		return 0;
	rl_refuse(s->e, s->where,
		  "a quota of %" PRId64 " is less than the burst of %" PRIu64 " that is in force",
		  c->quota, s->now->cpu_burst);
	rl_hint(s->e, "give a burst of at most the quota (cpu.burst) as well");
	return -EINVAL;
}

int cpu_quota(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);
	int r;

	if (!has_quota(c))
		return 0;
	r = check_kept_burst(s);
	if (r == 0)
		r = limits_number(s, c->quota, s->v2 ? "max" : "-1", buf);
	if (r > 0 && s->v2 && has_period(c))
		snprintf(buf + strlen(buf), 32, " %" PRIu64, c->period);
	return r;
}

/* 0 is "not given". */
static bool has_rt_runtime(const struct oci_cpu *c)
{
	return c->has_realtime_runtime && c->realtime_runtime;
}

int cpu_rt_runtime_lowered(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);

	if (!s->now || !has_rt_runtime(c) || c->realtime_runtime < 0 ||
	    (s->now->rt_runtime >= 0 && c->realtime_runtime >= s->now->rt_runtime))
		return 0;
	return limits_number(s, c->realtime_runtime, "", buf);
}

int cpu_rt_period(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);

	return c->has_realtime_period && c->realtime_period ? number(buf, c->realtime_period) : 0;
}

int cpu_rt_runtime(struct limit_source *s, char *buf)
{
	const struct oci_cpu *c = cpu_of(s);

	if (!has_rt_runtime(c))
		return 0;
	return limits_number(s, c->realtime_runtime, "-1", buf);
}
