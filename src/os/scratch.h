/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file in memory without a name, for libraries that can only write their result to a descriptor.
 */
#ifndef RL_OS_SCRATCH_H
#define RL_OS_SCRATCH_H

#include <stddef.h>

/* Returns a close-on-exec descriptor, or a negative errno. */
int scratch_open(const char *name);

/* Bytes in it, or a negative errno. */
long scratch_size(int fd);

/* Read exactly `len` bytes from its start. 0 or a negative errno. */
int scratch_read(int fd, void *buf, size_t len);

#endif
