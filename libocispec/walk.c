/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over the members of a decoded document; see oci_walk() and oci_is_nothing(). */
#include "libocispec/ocispec.h"
#include "libocispec/path.h"

#include <string.h>

struct walk {
	struct path path;
	oci_visit *visit;
	void *context;
};

static const void *at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

static const void *pointer(const void *value)
{
	const void *p;

	memcpy(&p, value, sizeof(p));
	return p;
}

static bool is_present(const void *base, const struct oci_member *m)
{
	switch ((enum oci_kind)m->kind) {
	case OCI_BOOL:
	case OCI_U32:
	case OCI_I64:
	case OCI_U64:
	case OCI_FOREIGN:
		return *(const bool *)at(base, m->has_at);
	default:
		return pointer(at(base, m->at)) != NULL;
	}
}

/* The number of elements. `value` is the member of a list: its length lies behind its pointer. */
static size_t list_length(const void *value)
{
	size_t n;

	memcpy(&n, at(value, sizeof(void *)), sizeof(n));
	return n;
}

static int walk_object(struct walk *w, const struct oci_table *t, const void *base);

static int walk_objects(struct walk *w, const struct oci_member *m, const void *value)
{
	const void *const *objects = pointer(value);
	size_t len = w->path.len, n = list_length(value);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		path_index(&w->path, i);
		r = walk_object(w, m->table, objects[i]);
		path_cut(&w->path, len);
	}
	return r;
}

static int walk_map(struct walk *w, const struct oci_member *m, const void *value)
{
	const struct oci_object_map *map = pointer(value);
	size_t len = w->path.len;
	int r = 0;

	for (size_t i = 0; i < map->n && r == 0; i++) {
		path_key(&w->path, map->keys[i]);
		r = walk_object(w, m->table, map->values[i]);
		path_cut(&w->path, len);
	}
	return r;
}

static int walk_member(struct walk *w, const struct oci_member *m, const void *value)
{
	int r = w->visit(w->context, w->path.text, m, value);

	if (r == OCI_WALK_SKIP)
		return 0;
	if (r)
		return r;
	if (m->kind == OCI_OBJECT_)
		return walk_object(w, m->table, pointer(value));
	if (m->kind == OCI_OBJECTS)
		return walk_objects(w, m, value);
	if (m->kind == OCI_OBJECT_MAP)
		return walk_map(w, m, value);
	return 0;
}

/* Recursion is bounded by the schema: no object can contain one of its own kind. */
static int walk_object(struct walk *w, const struct oci_table *t, const void *base)
{
	size_t len = w->path.len;
	int r = 0;

	for (size_t i = 0; i < t->n && r == 0; i++) {
		const struct oci_member *m = &t->members[i];

		if (!is_present(base, m))
			continue;
		path_member(&w->path, m->name);
		r = walk_member(w, m, at(base, m->at));
		path_cut(&w->path, len);
	}
	return r;
}

int oci_walk(const struct oci_table *t, const void *root, oci_visit *visit, void *context)
{
	char text[160];
	struct walk w = { .visit = visit, .context = context };

	path_begin(&w.path, text, sizeof(text));
	return walk_object(&w, t, root);
}

static bool is_empty_object(const struct oci_table *t, const void *base)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct oci_member *m = &t->members[i];

		if (is_present(base, m) && !oci_is_nothing(m, at(base, m->at)))
			return false;
	}
	return true;
}

bool oci_is_nothing(const struct oci_member *m, const void *value)
{
	switch ((enum oci_kind)m->kind) {
	case OCI_BOOL:
		return !*(const bool *)value;
	case OCI_STRING:
		return *(const char *)pointer(value) == '\0';
	case OCI_OBJECT_:
		return is_empty_object(m->table, pointer(value));
	case OCI_OBJECTS:
	case OCI_STRINGS:
	case OCI_U32S:
		return list_length(value) == 0;
	case OCI_MAP:
	case OCI_OBJECT_MAP:
		return ((const struct oci_object_map *)pointer(value))->n == 0;
	case OCI_U32:
	case OCI_I64:
	case OCI_U64:
	case OCI_FOREIGN:
		break;
	}
	return false;
}
