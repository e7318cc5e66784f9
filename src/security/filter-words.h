/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of linux.seccomp and what they mean: the tables filter-*.def as arrays, for the
 * planner, the report of a plan and `rundlet features`. Inside src/security only.
 */
#ifndef RL_SECURITY_FILTER_WORDS_H
#define RL_SECURITY_FILTER_WORDS_H

#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>

struct filter_action {
	const char *word;
	uint32_t value; /* SCMP_ACT_... */
	bool takes_errno;
};

struct filter_operator {
	const char *word;
	enum scmp_compare value;
};

struct filter_flag {
	const char *word;
	uint32_t bit; /* SECCOMP_FILTER_FLAG_... */
};

struct filter_arch {
	const char *word;
	const char *name; /* as seccomp_arch_resolve_name() knows it */
};

/* The last row of each has no word. */
extern const struct filter_action filter_actions[];
extern const struct filter_operator filter_operators[];
extern const struct filter_flag filter_flags[];
extern const struct filter_arch filter_archs[];

#endif
