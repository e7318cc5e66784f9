/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which NUMA nodes a process takes memory: linux.memoryPolicy. Set by the process itself, in its
 * cgroup: nodes may be relative to those of its cpuset. The first part is freestanding.
 */
#ifndef RL_PROCESS_MEMPOLICY_H
#define RL_PROCESS_MEMPOLICY_H

#include "base/flat.h"
#include "os/guest.h"

struct mempolicy_plan {
	flat_str mode;         /* MPOL_BIND; 0: the caller's stays */
	uint32_t number;       /* of the mode and its flags */
	flat_str nodes;        /* the list for people; 0: none */
	struct flat_list bits; /* uint64_t; as many as there may be nodes, or none */
};

/* In a process that has entered its cgroup. */
int mempolicy_set(struct guest *g, const struct mempolicy_plan *p);

#if __STDC_HOSTED__
#include "base/err.h"
#include "base/report.h"

#include <stdbool.h>

struct oci_memory_policy;

/* Plan it; m may be NULL. Pure. */
int mempolicy_plan(const struct oci_memory_policy *m, struct flat *f, struct mempolicy_plan *ret,
		   struct rl_err *e);

void mempolicy_report(struct report *r, const void *base, const struct mempolicy_plan *p);

/* Call add with the words of all modes, or of all flags. */
void mempolicy_words(bool flags, void (*add)(void *context, const char *word), void *context);
#endif
#endif
