/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects the elements of lists and maps while they are read; when one ends they move into the
 * arena at their final size. Used as a stack: a list inside another ends first. Internal to
 * libocispec.
 */
#ifndef OCISPEC_COLLECT_H
#define OCISPEC_COLLECT_H

#include "libocispec/arena.h"
#include "libocispec/schema.h"

struct collect_item {
	char *key;   /* of a map; borrowed */
	void *value; /* string or object; borrowed */
	uint32_t number;
	size_t at; /* of the key in the text */
};

struct collect {
	struct collect_item *items;
	size_t n, size;
};

/* Add an element. 0 or -ENOMEM. */
int collect_push(struct collect *c, struct collect_item item);

/*
 * The elements from `first` on become an array of pointers or, if `numbers`, of uint32_t, and leave
 * the stack. 0 or -ENOMEM.
 */
int collect_take_list(struct collect *c, size_t first, bool numbers, struct arena *a,
		      void **ret_array, size_t *ret_n);

/* The same for a map; struct oci_map has the same layout. */
int collect_take_map(struct collect *c, size_t first, struct arena *a, struct oci_object_map **ret);

/* Set *ret to the second of two elements from `first` on that have the same key, or NULL. 0 or
 * -ENOMEM. */
int collect_find_twice(const struct collect *c, size_t first, const struct collect_item **ret);

void collect_done(struct collect *c);

#endif
