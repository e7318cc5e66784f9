/* SPDX-License-Identifier: Apache-2.0 */
/* Lengths of time as runc's options take them: the forms of Go. */
#ifndef RL_CLI_DURATION_H
#define RL_CLI_DURATION_H

#include <stdint.h>

/*
 * "5s", "1m30s", "1.5h", "500ms", "250us", "100ns"; digits alone are seconds. *ret is nanoseconds.
 * Returns 0, -EINVAL (not of this form), or -ERANGE: negative, or more than 292 years.
 */
int duration_parse(const char *text, uint64_t *ret);

#endif
