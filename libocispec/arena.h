/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: memory that is given out piece by piece and freed all at once. Decoded documents live
 * in one; nobody frees a field.
 */
#ifndef OCISPEC_ARENA_H
#define OCISPEC_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
};

/* Zeroed memory, aligned for any type; NULL when there is none. Size in bytes, 0 is allowed. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of `len` bytes with a NUL behind them; NULL when there is no memory. */
char *arena_strn(struct arena *a, const char *s, size_t len);
char *arena_str(struct arena *a, const char *s);

/* Free everything; the arena is empty and usable again. */
void arena_done(struct arena *a);

#endif
