/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest system calls that a filter names. Calls with higher numbers are younger than the
 * profile: its default is no decision about them, and "no such call" lets libc take an older one.
 * Inside src/security only.
 */
#ifndef RL_SECURITY_FILTER_NEWEST_H
#define RL_SECURITY_FILTER_NEWEST_H

#include "security/filter-bpf.h"
#include "security/filter-rules.h"

#include <stdbool.h>
#include <stdint.h>

#define FILTER_X32_BIT 0x40000000u /* in the numbers of x32, which are of x86_64 otherwise */

/* Numbers up to `end` that the architecture gives away one after the other. */
struct filter_space {
	uint32_t end;
	bool has; /* a name in it */
	uint32_t newest;
};

struct filter_newest {
	struct filter_space space[2]; /* in their order */
	size_t n_spaces;
};

void filter_newest_init(struct filter_newest *n, uint32_t arch);
/* A number that the filter names. */
void filter_newest_add(struct filter_newest *n, uint32_t nr);
/* Whether a number is above all that are named in its space; -1 never is: no call. */
bool filter_newest_passed(const struct filter_newest *n, uint32_t nr);
/* Put the question before a program that is the whole of b. */
void filter_newest_prepend(struct filter_bpf *b, const struct filter_rules *rules);

#endif
