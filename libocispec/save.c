/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes structs as JSON by walking the tables of their schema. What oci_load() reads back is the
 * same; FOREIGN members, of which nothing is kept, are left out.
 */
#include "libocispec/ocispec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	char *text;
	size_t len, size;
	bool failed; /* no memory; nothing is written any more */
	bool pretty;
	int depth;
};

static void put(struct writer *w, const char *s, size_t n)
{
	if (!w->failed && w->size - w->len <= n) {
		size_t size = 2 * w->size + n + 1024;
		char *text = realloc(w->text, size);

		w->failed = !text;
		if (text) {
			w->text = text;
			w->size = size;
		}
	}
	if (w->failed)
		return;
	memcpy(w->text + w->len, s, n);
	w->len += n;
}

static void put_char(struct writer *w, char c)
{
	put(w, &c, 1);
}

__attribute__((format(printf, 2, 3))) static void put_fmt(struct writer *w, const char *fmt, ...)
{
	char buf[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	put(w, buf, n > 0 ? (size_t)n : 0);
}

static void put_string(struct writer *w, const char *s)
{
	static const char plain[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";

	put_char(w, '"');
	for (; *s; s++) {
		const char *special = (unsigned char)*s < 0x20 || *s == '"' || *s == '\\' ?
					      strchr(plain, *s) :
					      NULL;

		if (special) {
			put_char(w, '\\');
			put_char(w, letters[special - plain]);
		} else if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			put_fmt(w, "\\u%04x", (unsigned char)*s);
		} else {
			put_char(w, *s);
		}
	}
	put_char(w, '"');
}

static void new_line(struct writer *w)
{
	if (!w->pretty)
		return;
	put_char(w, '\n');
	for (int i = 0; i < w->depth; i++)
		put_char(w, '\t');
}

static void open_with(struct writer *w, char c)
{
	put_char(w, c);
	w->depth++;
}

/* `some`: something was written in between. */
static void close_with(struct writer *w, char c, bool some)
{
	w->depth--;
	if (some)
		new_line(w);
	put_char(w, c);
}

static void next(struct writer *w, bool *some)
{
	if (*some)
		put_char(w, ',');
	*some = true;
	new_line(w);
}

static void next_key(struct writer *w, bool *some, const char *key)
{
	next(w, some);
	put_string(w, key);
	put(w, ": ", w->pretty ? 2 : 1);
}

static const void *field(const void *base, size_t at)
{
	return (const char *)base + at;
}

static const void *pointer_at(const void *base, size_t at)
{
	const void *p;

	memcpy(&p, field(base, at), sizeof(p));
	return p;
}

static void put_object(struct writer *w, const struct oci_table *t, const void *base);

static void put_list(struct writer *w, const struct oci_member *m, const void *list, size_t n)
{
	bool some = false;

	open_with(w, '[');
	for (size_t i = 0; i < n; i++) {
		next(w, &some);
		if (m->kind == OCI_U32S)
			put_fmt(w, "%" PRIu32, ((const uint32_t *)list)[i]);
		else if (m->kind == OCI_STRINGS)
			put_string(w, ((const char *const *)list)[i]);
		else
			put_object(w, m->table, ((const void *const *)list)[i]);
	}
	close_with(w, ']', some);
}

static void put_map(struct writer *w, const struct oci_member *m, const struct oci_object_map *map)
{
	bool some = false;

	open_with(w, '{');
	for (size_t i = 0; i < map->n; i++) {
		next_key(w, &some, map->keys[i]);
		if (m->kind == OCI_MAP)
			put_string(w, map->values[i]);
		else
			put_object(w, m->table, map->values[i]);
	}
	close_with(w, '}', some);
}

static void put_scalar(struct writer *w, const struct oci_member *m, const void *value)
{
	switch ((enum oci_kind)m->kind) {
	case OCI_BOOL:
		put_fmt(w, "%s", *(const bool *)value ? "true" : "false");
		break;
	case OCI_U32:
		put_fmt(w, "%" PRIu32, *(const uint32_t *)value);
		break;
	case OCI_U64:
		put_fmt(w, "%" PRIu64, *(const uint64_t *)value);
		break;
	default:
		put_fmt(w, "%" PRId64, *(const int64_t *)value);
		break;
	}
}

static void put_pointer(struct writer *w, const struct oci_member *m, const void *base,
			const void *p)
{
	if (m->kind == OCI_STRING)
		put_string(w, p);
	else if (m->kind == OCI_OBJECT_)
		put_object(w, m->table, p);
	else if (m->kind == OCI_MAP || m->kind == OCI_OBJECT_MAP)
		put_map(w, m, p);
	else
		put_list(w, m, p, *(const size_t *)field(base, m->has_at));
}

static void put_member(struct writer *w, bool *some, const struct oci_member *m, const void *base)
{
	if (m->kind == OCI_FOREIGN)
		return;
	if (m->kind < OCI_STRING) {
		if (!*(const bool *)field(base, m->has_at))
			return;
		next_key(w, some, m->name);
		put_scalar(w, m, field(base, m->at));
	} else if (pointer_at(base, m->at)) {
		next_key(w, some, m->name);
		put_pointer(w, m, base, pointer_at(base, m->at));
	}
}

/* Recursion is bounded by the schema: no object can contain one of its own kind. */
static void put_object(struct writer *w, const struct oci_table *t, const void *base)
{
	bool some = false;

	open_with(w, '{');
	for (size_t i = 0; i < t->n; i++)
		put_member(w, &some, &t->members[i], base);
	close_with(w, '}', some);
}

int oci_save(const struct oci_table *t, const void *root, char **ret_text, size_t *ret_len,
	     unsigned int flags)
{
	struct writer w = { .pretty = flags & OCI_SAVE_PRETTY };

	put_object(&w, t, root);
	if (w.pretty)
		put_char(&w, '\n');
	put_char(&w, '\0');
	if (w.failed) {
		free(w.text);
		return -ENOMEM;
	}
	*ret_text = w.text;
	*ret_len = w.len - 1;
	return 0;
}
