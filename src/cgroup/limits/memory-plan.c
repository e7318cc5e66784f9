/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of memory, see limits.def. Pure.
 *
 * The OCI member `swap` is the limit of memory and swap together, as cgroup v1 has it; v2 has a
 * limit of swap alone. When limits are updated, what is not given stays as it is: so the total does
 * on both versions.
 */
#include "cgroup/limits/limits-plan.h"

#include <inttypes.h>
#include <stdio.h>

/* The kernel rounds limits down to whole pages: what it tells may be less than what was written by
 * less than that, the largest page of any machine. */
#define PAGE_LIMIT 65536

static const struct oci_memory *memory_of(const struct limit_source *s)
{
	static const struct oci_memory none;

	return s->res->memory ? s->res->memory : &none;
}

/* 0 is no limit that a process could live with. */
static int amount(const struct limit_source *s, bool has, int64_t value, char *buf)
{
	return has && value ? limits_number(s, value, s->v2 ? "max" : "-1", buf) : 0;
}

static bool has_limit(const struct oci_memory *m)
{
	return m->has_limit && m->limit;
}

static bool has_swap(const struct oci_memory *m)
{
	return m->has_swap && m->swap;
}

/* The total in force, which stays; -1: none, or it does not stay. */
static int64_t total_kept(const struct limit_source *s)
{
	return s->now && !has_swap(memory_of(s)) ? s->now->memory_swap : -1;
}

static void check_usage(struct limit_source *s)
{
	if (memory_of(s)->check_before_update)
		s->flags |= CGROUP_WRITE_NOT_BELOW_USAGE;
}

static int unlimited_total(char *buf)
{
	snprintf(buf, LIMITS_VALUE_MAX, "-1");
	return 1;
}

int memory_swap_lifted(struct limit_source *s, char *buf)
{
	return has_swap(memory_of(s)) ? unlimited_total(buf) : 0;
}

/* No limit of memory means none of memory and swap together: v1 would refuse it otherwise. */
int memory_limit_lifted(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);

	return m->has_limit && m->limit == -1 && !has_swap(m) ? unlimited_total(buf) : 0;
}

int memory_limit(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);
	int64_t total = total_kept(s);

	if (m->has_limit && total >= 0 && m->limit > total && m->limit - total >= PAGE_LIMIT) {
		rl_refuse(s->e, s->where,
			  "%" PRId64 " bytes of memory are more than the %" PRId64
			  " of memory and swap together that are in force",
			  m->limit, total);
		rl_hint(s->e, "give the limit of memory and swap together (swap) as well");
		return -EINVAL;
	}
	if (m->limit > 0)
		check_usage(s);
	return amount(s, m->has_limit, m->limit, buf);
}

/* v2: the total stays, so the part of swap changes with the limit of memory. */
int memory_swap_kept(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);
	int64_t total = total_kept(s);

	if (!has_limit(m) || total < 0)
		return 0;
	if (m->limit < 0)
		return limits_number(s, -1, "max", buf);
	check_usage(s);
	return limits_number(s, total > m->limit ? total - m->limit : 0, "", buf);
}

int memory_swap(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);
	int64_t limit = has_limit(m) ? m->limit : s->now ? s->now->memory : -1;

	if (!has_swap(m))
		return 0;
	/* In v1 it is lifted already. */
	if (m->swap < 0)
		return m->swap == -1 && !s->v2 ? 0 : limits_number(s, m->swap, "max", buf);
	if (limit < 0)
		return rl_refuse(
			s->e, s->where,
			"the limit of memory and swap together needs a limit of memory beside it");
	if (m->swap < limit)
		return rl_refuse(s->e, s->where,
				 "%" PRId64
				 " bytes for memory and swap together are less than the %" PRId64
				 " of memory alone",
				 m->swap, limit);
	check_usage(s);
	return limits_number(s, s->v2 ? m->swap - limit : m->swap, "", buf);
}

/* None: in v1 a soft limit that is never reached; in v2 nothing that is protected. */
int memory_reservation(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);

	if (!m->has_reservation || !m->reservation)
		return 0;
	return limits_number(s, m->reservation, s->v2 ? "0" : "-1", buf);
}

/* A new cgroup has no such limit, and one of v2 never has: there is none to be lifted. */
static int kernel_amount(const struct limit_source *s, bool has, int64_t value, char *buf)
{
	return value == -1 && (s->v2 || !s->now) ? 0 : amount(s, has, value, buf);
}

int memory_kernel(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);

	return kernel_amount(s, m->has_kernel, m->kernel, buf);
}

int memory_kernel_tcp(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);

	return kernel_amount(s, m->has_kernel_tcp, m->kernel_tcp, buf);
}

/* Here 0 is a value: swap only when there is no other way. */
int memory_swappiness(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);

	if (!m->has_swappiness)
		return 0;
	snprintf(buf, LIMITS_VALUE_MAX, "%" PRIu64, m->swappiness);
	return 1;
}

/*
 * The killer is on in a new cgroup, and always in v2. While a container is made it stays on: with a
 * limit that is too low for that the process would wait for memory for ever, and we for it.
 */
int memory_oom(struct limit_source *s, char *buf)
{
	const struct oci_memory *m = memory_of(s);

	if (!m->has_disable_oom_killer || (!m->disable_oom_killer && (!s->now || s->v2)))
		return 0;
	if (!s->now)
		s->flags |= CGROUP_WRITE_LAST;
	snprintf(buf, LIMITS_VALUE_MAX, "%d", m->disable_oom_killer);
	return 1;
}
