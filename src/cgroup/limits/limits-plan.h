/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the planners of the controllers share: the rows of limits.def, and the functions of
 * limits-plan.c that they use. Inside src/cgroup only. All of it is pure; errors are in *e.
 *
 * Numbers of 0 and empty texts and lists are "not specified": engines send them so. Exceptions say
 * so where they are.
 */
#ifndef RL_CGROUP_LIMITS_PLAN_H
#define RL_CGROUP_LIMITS_PLAN_H

#include "cgroup/build.h"
#include "cgroup/limits/cgroup-now.h"
#include "libocispec/ocispec.h"

#define LIMITS_VALUE_MAX 4096 /* what the kernel takes in one write, and a NUL */
#define LIMITS_WHERE_MAX RL_ERR_WHERE

/* What a limit is made of. */
struct limit_source {
	const struct oci_resources *res;
	const struct cgroup_now *now; /* NULL: a new cgroup */
	bool v2;
	const char *where; /* linux.resources.memory.limit */
	uint32_t flags;    /* of the write: those of the row, to which the text may add */
	struct rl_err *e;
};

/*
 * 1: `buf`, of LIMITS_VALUE_MAX bytes, has the text; 0: the limit is not asked for; or a negative
 * errno.
 */
typedef int limit_text(struct limit_source *s, char *buf);

/* Plan the writes of a list. 0 or a negative errno. */
typedef int limit_list(const struct oci_resources *res, struct cgroup_build *b);

#define LIMIT(member, controller, v1, v2, flags, text) limit_text text;
#define LIMITS(member, list)                           limit_list list;
#include "cgroup/limits/limits.def"
#undef LIMIT
#undef LIMITS

/* The text of a number that has -1 for "no limit"; that is written as `unlimited`. */
int limits_number(const struct limit_source *s, int64_t value, const char *unlimited, char *buf);

/*
 * The hierarchy of a controller, which is named as in v1; on v2 it will be enabled. If the host has
 * none, the limit at `where` is refused.
 */
int limits_find(struct cgroup_build *b, const char *controller, const char *where,
		const struct cgroupfs_hierarchy **ret);

/* Refuse what cgroup v2 cannot do. */
int limits_refuse_v2(struct rl_err *e, const char *controller, const char *where);

/* Whether it may stand as a word in a value: less than `size` bytes without blanks or slashes. */
bool limits_is_name(const char *name, size_t size);

#endif
