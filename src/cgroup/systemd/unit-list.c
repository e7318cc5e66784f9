/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of a unit while they are put together; see unit.h. */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"

#include <errno.h>
#include <string.h>

static void free_const(const void *p)
{
	free((void *)(uintptr_t)p);
}

static void property_done(struct systemd_property *p)
{
	free_const(p->name);
	free_const(p->data);
	free_const(p->where);
}

void unit_list_done(struct unit_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		property_done(&l->v[i]);
	free(l->v);
	*l = (struct unit_list){ 0 };
}

static int copy_text(const char *text, const char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int copy(const struct systemd_property *p, struct systemd_property *ret)
{
	char *data = p->size ? malloc(p->size) : NULL;
	int r = p->size && !data ? -ENOMEM : 0;

	*ret = *p;
	ret->data = data;
	if (data)
		memcpy(data, p->data, p->size);
	if (copy_text(p->name, &ret->name) < 0 || copy_text(p->where, &ret->where) < 0)
		r = -ENOMEM;
	return r;
}

static struct systemd_property *find(const struct unit_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].name, name))
			return &l->v[i];
	return NULL;
}

const struct systemd_property *unit_list_find(const struct unit_list *l, const char *name)
{
	return find(l, name);
}

int unit_list_put(struct unit_list *l, const struct systemd_property *p)
{
	struct systemd_property *old = find(l, p->name), new = { 0 };

	if (copy(p, &new) < 0) {
		property_done(&new);
		return -ENOMEM;
	}
	if (old) {
		property_done(old);
		*old = new;
		return 0;
	}
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct systemd_property *v = realloc(l->v, cap * sizeof(*v));

		if (!v) {
			property_done(&new);
			return -ENOMEM;
		}
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = new;
	return 0;
}
