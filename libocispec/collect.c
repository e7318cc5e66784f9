/* SPDX-License-Identifier: Apache-2.0 */
/* Collects elements of lists and maps; see collect.h. */
#include "libocispec/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int collect_push(struct collect *c, struct collect_item item)
{
	if (c->n == c->size) {
		size_t size = c->size ? 2 * c->size : 128;
		struct collect_item *items = realloc(c->items, size * sizeof(*items));

		if (!items)
			return -ENOMEM;
		c->items = items;
		c->size = size;
	}
	c->items[c->n++] = item;
	return 0;
}

int collect_take_list(struct collect *c, size_t first, bool numbers, struct arena *a,
		      void **ret_array, size_t *ret_n)
{
	size_t n = c->n - first;
	void *array = arena_alloc(a, n * (numbers ? sizeof(uint32_t) : sizeof(void *)));

	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (numbers)
			((uint32_t *)array)[i] = c->items[first + i].number;
		else
			((void **)array)[i] = c->items[first + i].value;
	c->n = first;
	*ret_array = array;
	*ret_n = n;
	return 0;
}

_Static_assert(sizeof(struct oci_map) == sizeof(struct oci_object_map) &&
		       offsetof(struct oci_map, values) == offsetof(struct oci_object_map, values),
	       "both kinds of maps are made by one function");

int collect_take_map(struct collect *c, size_t first, struct arena *a, struct oci_object_map **ret)
{
	size_t n = c->n - first;
	struct oci_object_map *map = arena_alloc(a, sizeof(*map));

	if (!map)
		return -ENOMEM;
	map->n = n;
	map->keys = arena_alloc(a, n * sizeof(*map->keys));
	map->values = arena_alloc(a, n * sizeof(*map->values));
	if (!map->keys || !map->values)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		map->keys[i] = c->items[first + i].key;
		map->values[i] = c->items[first + i].value;
	}
	c->n = first;
	*ret = map;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct collect_item *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	return order ? order : ((*x)->at > (*y)->at) - ((*x)->at < (*y)->at);
}

/* Sorts pointers: a map from outside may have a million keys. */
int collect_find_twice(const struct collect *c, size_t first, const struct collect_item **ret)
{
	size_t n = c->n - first;
	const struct collect_item **sorted;

	*ret = NULL;
	if (n < 2)
		return 0;
	sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &c->items[first + i];
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (size_t i = 1; i < n && !*ret; i++)
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
			*ret = sorted[i];
	free(sorted);
	return 0;
}

void collect_done(struct collect *c)
{
	free(c->items);
	*c = (struct collect){ 0 };
}
