/* SPDX-License-Identifier: Apache-2.0 */
/* One argument of a system call, looked up among many values, as BPF. Inside src/security only. */
#ifndef RL_SECURITY_FILTER_VALUES_H
#define RL_SECURITY_FILTER_VALUES_H

#include "security/filter-bpf.h"

struct filter_value {
	uint64_t value;
	uint32_t order;  /* of two that are equal, the lower one counts */
	uint32_t action; /* where the argument is that value */
};

/*
 * The action of the value that argument `arg` (0 to 5) has, else what stands at `no`. wide: it has
 * 64 bits. The n values, of which there is one at least, are sorted.
 */
filter_label filter_values_compile(struct filter_bpf *b, unsigned int arg, bool wide,
				   struct filter_value *v, size_t n, filter_label no);

#endif
