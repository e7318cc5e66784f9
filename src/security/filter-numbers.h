/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of system calls and libseccomp's numbers for them. It takes a name apart anew for each
 * architecture, which for a profile of four hundred names and three architectures was the longest
 * part of a filter; a table of ours (filter-numbers.def) has those that every profile names. Inside
 * src/security only.
 */
#ifndef RL_SECURITY_FILTER_NUMBERS_H
#define RL_SECURITY_FILTER_NUMBERS_H

#include <stdint.h>

/*
 * The row of the name, or -1: it has none. near: that of the name before it, or -1; profiles are
 * sorted, and the next name is mostly one of the next rows.
 */
int filter_numbers_row(const char *name, int near);

/*
 * What seccomp_syscall_resolve_name_arch(3) gives for the name on the architecture (SCMP_ARCH_...):
 * its number, a negative one, or __NR_SCMP_ERROR. row: of the name, or -1.
 */
int filter_numbers_get(uint32_t arch, const char *name, int row);

#endif
