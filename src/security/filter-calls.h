/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers that a system call has on an architecture, as libseccomp knows them: one of its own,
 * one behind socketcall(2) or ipc(2), or both. Inside src/security only.
 */
#ifndef RL_SECURITY_FILTER_CALLS_H
#define RL_SECURITY_FILTER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

struct filter_call {
	bool has_own, has_mux;
	uint32_t own;
	uint32_t mux;    /* the number of socketcall or ipc */
	uint32_t mux_op; /* and its first argument */
};

/* Nothing is found for a name that the architecture does not have. row: see filter-numbers.h. */
struct filter_call filter_calls_find(uint32_t arch, const char *name, int row);

#endif
