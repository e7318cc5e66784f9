/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a filter as the compilers take them: words are numbers, what is wrong is refused.
 * Inside src/security, and for the tests that hold the two compilers against each other.
 */
#ifndef RL_SECURITY_FILTER_RULES_H
#define RL_SECURITY_FILTER_RULES_H

#include "base/flat.h"
#include "security/security.h"

#include <seccomp.h>
#include <stdbool.h>

#define FILTER_INDEXES   6  /* arguments of a system call */
#define FILTER_ARCHS_MAX 32 /* architectures of a filter; libseccomp knows 23 */

/*
 * One system call and what is done with it; a rule that does what is done without it only names it.
 * All conditions must hold; no argument has two of them. A rule without conditions stands above
 * those that have some; else the first that holds counts.
 */
struct filter_rule {
	const char *name;
	int row; /* of filter-numbers.h */
	uint32_t action;
	unsigned int n_args;
	const struct scmp_arg_cmp *args;
	size_t at; /* index in linux.seccomp.syscalls */
};

struct filter_rules {
	uint32_t default_action;
	bool newer_unknown;               /* calls newer than all that are named fail with ENOSYS */
	uint32_t archs[FILTER_ARCHS_MAX]; /* as libseccomp numbers them; the host's is the first */
	size_t n_archs;
	struct filter_rule *rules;
	size_t n_rules;
	struct scmp_arg_cmp *args; /* memory of the rules */
};

/* Read linux.seccomp. The strings stay s's. strict: names that are not known here are refused. */
int filter_rules_read(const struct oci_seccomp *s, bool strict, struct filter_rules *ret,
		      struct rl_err *e);

/* Give the rule a name, and what goes with it. near: the row of the rule before it, or -1. */
void filter_rules_set_name(struct filter_rule *rule, const char *name, int near);
bool filter_rules_has_arch(const struct filter_rules *r, uint32_t arch);
void filter_rules_done(struct filter_rules *r);
/* The compilers: our own, and libseccomp's. -E2BIG, without an error: more instructions than the
 * kernel takes. */
int filter_tree_compile(const struct filter_rules *r, struct flat *f, struct flat_blob *ret,
			struct rl_err *e);
int filter_lib_compile(const struct filter_rules *r, struct flat *f, struct flat_blob *ret,
		       struct rl_err *e);

#endif
