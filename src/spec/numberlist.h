/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of numbers such as "0-3,7", as the kernel writes CPUs and memory nodes. Pure. */
#ifndef RL_SPEC_NUMBERLIST_H
#define RL_SPEC_NUMBERLIST_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Set the bit of each number of the list; bits has room for n_bits (a multiple of 64), all 0
 * before. Spaces around numbers are allowed. An empty list, one that is not in this form, and a
 * number that has no bit are refused: `where` is the key.
 */
int numberlist_parse(const char *text, uint64_t *bits, size_t n_bits, const char *where,
		     struct rl_err *e);

#endif
