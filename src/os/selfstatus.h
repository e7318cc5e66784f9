/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc tells of the calling thread: one file in place of a system call for each bit. */
#ifndef RL_OS_SELFSTATUS_H
#define RL_OS_SELFSTATUS_H

#include <stdint.h>

struct selfstatus {
	uint64_t bounding; /* capabilities: bit CAP_... */
	uint64_t ignored;  /* signals: bit number - 1 */
};

/* Returns 0 or a negative errno. */
int selfstatus_read(struct selfstatus *ret);

/* The parser of it. Pure. 0, or -EPROTO if a line is missing. */
int selfstatus_parse(const char *text, struct selfstatus *ret);

#endif
