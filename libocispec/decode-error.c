/* SPDX-License-Identifier: Apache-2.0 */
/* What a document is refused for, and its unknown members: each with its key and place. */
#include "libocispec/decode.h"
#include "libocispec/path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const expected[] = {
	[OCI_BOOL] = "true or false", [OCI_U32] = "an integer",       [OCI_I64] = "an integer",
	[OCI_U64] = "an integer",     [OCI_STRING] = "a string",      [OCI_OBJECT_] = "an object",
	[OCI_OBJECTS] = "an array",   [OCI_STRINGS] = "an array",     [OCI_U32S] = "an array",
	[OCI_MAP] = "an object",      [OCI_OBJECT_MAP] = "an object", [OCI_FOREIGN] = "an object",
};

/* The path of the value that is read now. */
static void write_key(const struct decoder *d, char *ret, size_t size)
{
	struct path p;

	path_begin(&p, ret, size);
	for (size_t i = 0; i < d->depth; i++) {
		const struct frame *f = &d->frames[i];

		if (f->kind == IN_LIST)
			path_index(&p, f->index);
		else if (f->kind == IN_OBJECT && (f->m || f->key))
			path_member(&p, f->m ? f->m->name : f->key);
		else if (f->kind == IN_MAP && f->key)
			path_key(&p, f->key);
	}
}

static void set_place(const struct decoder *d, size_t at)
{
	json_place(d->doc->text, d->doc->len, at, &d->err->line, &d->err->column);
}

int decode_error_here(struct decoder *d, size_t at, const char *fmt, ...)
{
	va_list ap;

	*d->err = (struct oci_error){ 0 };
	write_key(d, d->err->key, sizeof(d->err->key));
	set_place(d, at);
	va_start(ap, fmt);
	vsnprintf(d->err->message, sizeof(d->err->message), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int decode_error_memory(struct decoder *d)
{
	decode_error_here(d, 0, "no memory");
	return -ENOMEM;
}

int decode_error_type(struct decoder *d, uint8_t kind, const struct json_event *ev)
{
	return decode_error_here(d, ev->at, "must be %s, not %s", expected[kind],
				 json_type_name(ev->type));
}

static int list_unknown(struct decoder *d, size_t at)
{
	struct oci_doc *doc = d->doc;
	struct oci_unknown *u;
	char key[sizeof(d->err->key)];

	if (doc->unknown_total++ >= OCI_UNKNOWN_MAX)
		return 0;
	if (!doc->unknown)
		doc->unknown = arena_alloc(&doc->arena, OCI_UNKNOWN_MAX * sizeof(*doc->unknown));
	if (!doc->unknown)
		return decode_error_memory(d);
	u = &doc->unknown[doc->n_unknown];
	write_key(d, key, sizeof(key));
	u->key = arena_str(&doc->arena, key);
	if (!u->key)
		return decode_error_memory(d);
	json_place(doc->text, doc->len, at, &u->line, &u->column);
	u->guess = oci_member_guess(decode_top(d)->table, decode_top(d)->key);
	doc->n_unknown++;
	return 0;
}

int decode_error_unknown(struct decoder *d, const struct json_event *ev)
{
	struct frame *f = decode_top(d);

	/* The key is only kept while it is needed for the list or for a message. */
	f->key = "...";
	if (d->doc->unknown_total < OCI_UNKNOWN_MAX)
		f->key = arena_strn(&d->doc->arena, ev->s, ev->len);
	if (!f->key)
		return decode_error_memory(d);
	return list_unknown(d, ev->at);
}

/* The event that json_parse() kept back would have moved on to a value, or to a key. */
static void step_on(struct frame *f, const struct json_error *je)
{
	if (je->in_value && f->kind == IN_LIST)
		f->index++;
	if (je->in_key) {
		f->m = f->kind == IN_OBJECT ? NULL : f->m;
		f->key = NULL;
	}
}

void decode_error_json(struct decoder *d, const struct json_error *je)
{
	*d->err = (struct oci_error){ 0 };
	if (d->depth && !d->skip)
		step_on(decode_top(d), je);
	if (je->in_value || je->in_key)
		write_key(d, d->err->key, sizeof(d->err->key));
	set_place(d, je->at);
	snprintf(d->err->message, sizeof(d->err->message), "%s", je->message);
}
