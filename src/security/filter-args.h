/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on the arguments of a system call, as BPF. Inside src/security only. */
#ifndef RL_SECURITY_FILTER_ARGS_H
#define RL_SECURITY_FILTER_ARGS_H

#include "security/filter-bpf.h"
#include "security/filter-rules.h"

struct filter_args {
	const struct filter_rule *rule;
	bool wide;    /* arguments have 64 bits */
	bool has_mux; /* the first argument says which call it is, instead of what the rule has */
	uint32_t mux_op;
};

/* Whether libseccomp compares both halves of arguments on this architecture. */
bool filter_args_wide(uint32_t arch);
/* There is no condition, or none that can fail: a mask without bits. */
bool filter_args_always(const struct filter_args *a);
/* Whether there is one condition, that this argument equals a value. */
bool filter_args_is_value(const struct filter_args *a, unsigned int *arg);
/* Whether both have the same conditions and the same action. */
bool filter_args_same(const struct filter_args *a, const struct filter_args *b);
/* The rule's action where all conditions hold, else what stands at `no`. */
filter_label filter_args_compile(struct filter_bpf *b, const struct filter_args *a,
				 filter_label no);

#endif
