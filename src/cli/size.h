/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes as people write them. */
#ifndef RL_CLI_SIZE_H
#define RL_CLI_SIZE_H

#include <stdint.h>

/*
 * Read a number of bytes: decimal digits, perhaps with a fraction, and perhaps a unit b, k, m, g, t
 * or p of base 1024, as kb or KiB too, in small or capital letters, behind a blank or not. Or -1. A
 * part of a byte is left out. Returns 0, -EINVAL (no size), or -ERANGE (more than an int64_t).
 */
int size_parse(const char *text, int64_t *ret);

#endif
