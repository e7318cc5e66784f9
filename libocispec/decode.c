/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes a document by walking the tables of its schema along the events of its text.
 *
 * There is no recursion: a stack of frames, one for each object and array that is open, says where
 * the next value goes. Elements of lists and maps wait in one array (collect.h) until they end.
 */
#include "libocispec/decode.h"
#include "libocispec/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The kind of what is in a list or map. */
static const uint8_t element_kind[] = {
	[OCI_OBJECTS] = OCI_OBJECT_, [OCI_STRINGS] = OCI_STRING,     [OCI_U32S] = OCI_U32,
	[OCI_MAP] = OCI_STRING,      [OCI_OBJECT_MAP] = OCI_OBJECT_,
};

static void *field(void *base, size_t at)
{
	return (char *)base + at;
}

static int push_element(struct decoder *d, struct collect_item item)
{
	return collect_push(&d->elements, item) < 0 ? decode_error_memory(d) : 0;
}

static int frame_push(struct decoder *d, struct frame f)
{
	f.first = d->elements.n;
	f.index = SIZE_MAX; /* the first element makes it 0 */
	d->frames[d->depth++] = f;
	return 0;
}

/* Scalars. */

static int put_number(struct decoder *d, const struct oci_member *m, uint8_t kind, void *to,
		      const struct json_event *ev)
{
	char complaint[sizeof(d->err->message)];

	if (value_number(m, kind, ev->s, ev->len, to, complaint, sizeof(complaint)) < 0)
		return decode_error_here(d, ev->at, "%s", complaint);
	return 0;
}

static int make_string(struct decoder *d, const struct oci_member *m, const struct json_event *ev,
		       char **ret)
{
	char complaint[sizeof(d->err->message)];
	char *s = arena_strn(&d->doc->arena, ev->s, ev->len);

	if (!s)
		return decode_error_memory(d);
	if (value_check_string(m, s, complaint, sizeof(complaint)) < 0)
		return decode_error_here(d, ev->at, "%s", complaint);
	*ret = s;
	return 0;
}

/* Objects. */

static int open_object(struct decoder *d, const struct oci_member *m, const struct json_event *ev,
		       void **ret)
{
	struct frame f = { .kind = IN_OBJECT, .at = ev->at, .table = m->table };

	f.base = arena_alloc(&d->doc->arena, m->table->size);
	if (!f.base)
		return decode_error_memory(d);
	*ret = f.base;
	return frame_push(d, f);
}

static int object_key(struct decoder *d, const struct json_event *ev)
{
	struct frame *f = decode_top(d);
	uint64_t bit;

	f->key = NULL;
	f->m = oci_member_find(f->table, ev->s, ev->len);
	if (!f->m)
		return decode_error_unknown(d, ev);
	bit = UINT64_C(1) << (f->m - f->table->members);
	if (f->seen & bit)
		return decode_error_here(d, ev->at, "appears twice");
	f->seen |= bit;
	return 0;
}

static int object_end(struct decoder *d)
{
	struct frame *f = decode_top(d);

	for (size_t i = 0; i < f->table->n; i++)
		if (f->table->members[i].required && !(f->present & UINT64_C(1) << i)) {
			f->m = &f->table->members[i];
			return decode_error_here(d, f->at, "is required");
		}
	d->depth--;
	return 0;
}

/* Lists and maps. */

static int list_end(struct decoder *d)
{
	const struct frame *f = decode_top(d), *owner = f - 1;
	void *array;
	size_t n;

	if (collect_take_list(&d->elements, f->first, f->m->kind == OCI_U32S, &d->doc->arena,
			      &array, &n) < 0)
		return decode_error_memory(d);
	memcpy(field(owner->base, f->m->at), &array, sizeof(array));
	*(size_t *)field(owner->base, f->m->has_at) = n;
	d->depth--;
	return 0;
}

static int map_end(struct decoder *d)
{
	struct frame *f = decode_top(d), *owner = f - 1;
	const struct collect_item *twice;
	struct oci_object_map *map;

	if (collect_find_twice(&d->elements, f->first, &twice) < 0)
		return decode_error_memory(d);
	if (twice) {
		f->key = twice->key;
		return decode_error_here(d, twice->at, "appears twice");
	}
	if (collect_take_map(&d->elements, f->first, &d->doc->arena, &map) < 0)
		return decode_error_memory(d);
	memcpy(field(owner->base, f->m->at), &map, sizeof(map));
	d->depth--;
	return 0;
}

static int map_key(struct decoder *d, const struct json_event *ev)
{
	struct collect_item item = { .at = ev->at };

	item.key = arena_strn(&d->doc->arena, ev->s, ev->len);
	if (!item.key)
		return decode_error_memory(d);
	decode_top(d)->key = item.key;
	return push_element(d, item);
}

/* Values. */

/* An element of a list, or the value of a key of a map. */
static int put_element(struct decoder *d, struct frame *f, const struct json_event *ev)
{
	uint8_t kind = element_kind[f->m->kind];
	struct collect_item item = { .at = ev->at };
	void *object = NULL;
	char *string = NULL;
	size_t slot;
	int r;

	if (f->kind == IN_LIST)
		f->index++;
	if ((kind == OCI_STRING && ev->type != JSON_STRING) ||
	    (kind == OCI_U32 && ev->type != JSON_NUMBER) ||
	    (kind == OCI_OBJECT_ && ev->type != JSON_OBJECT))
		return decode_error_type(d, kind, ev);
	if (f->kind == IN_LIST) {
		r = push_element(d, item);
		if (r < 0)
			return r;
	}
	slot = d->elements.n - 1;
	if (kind == OCI_U32)
		return put_number(d, f->m, kind, &d->elements.items[slot].number, ev);
	r = kind == OCI_STRING ? make_string(d, f->m, ev, &string) :
				 open_object(d, f->m, ev, &object);
	if (r == 0)
		d->elements.items[slot].value = string ? (void *)string : object;
	return r;
}

static int put_bool(struct decoder *d, void *base, const struct oci_member *m,
		    const struct json_event *ev)
{
	if (ev->type != JSON_TRUE && ev->type != JSON_FALSE)
		return decode_error_type(d, m->kind, ev);
	*(bool *)field(base, m->at) = ev->type == JSON_TRUE;
	*(bool *)field(base, m->has_at) = true;
	return 0;
}

static int put_scalar(struct decoder *d, void *base, const struct oci_member *m,
		      const struct json_event *ev)
{
	char *string;
	int r;

	if (m->kind == OCI_BOOL)
		return put_bool(d, base, m, ev);
	if (ev->type != (m->kind == OCI_STRING ? JSON_STRING : JSON_NUMBER))
		return decode_error_type(d, m->kind, ev);
	if (m->kind == OCI_STRING) {
		r = make_string(d, m, ev, &string);
		if (r == 0)
			memcpy(field(base, m->at), &string, sizeof(string));
		return r;
	}
	r = put_number(d, m, m->kind, field(base, m->at), ev);
	if (r == 0)
		*(bool *)field(base, m->has_at) = true;
	return r;
}

static int put_container(struct decoder *d, void *base, const struct oci_member *m,
			 const struct json_event *ev)
{
	bool list = m->kind == OCI_OBJECTS || m->kind == OCI_STRINGS || m->kind == OCI_U32S;
	void *object;
	int r;

	if (ev->type != (list ? JSON_ARRAY : JSON_OBJECT))
		return decode_error_type(d, m->kind, ev);
	switch ((enum oci_kind)m->kind) {
	case OCI_OBJECT_:
		r = open_object(d, m, ev, &object);
		if (r == 0)
			memcpy(field(base, m->at), &object, sizeof(object));
		return r;
	case OCI_FOREIGN:
		d->skip = 1;
		d->foreign = field(base, m->has_at);
		return 0;
	default:
		return frame_push(
			d, (struct frame){ .kind = list ? IN_LIST : IN_MAP, .at = ev->at, .m = m });
	}
}

static int put_member(struct decoder *d, struct frame *f, const struct json_event *ev)
{
	const struct oci_member *m = f->m;

	if (!m) {
		d->skip = ev->type == JSON_OBJECT || ev->type == JSON_ARRAY;
		return 0;
	}
	if (ev->type == JSON_NULL) /* null is absent */
		return 0;
	f->present |= UINT64_C(1) << (m - f->table->members);
	if (m->kind <= OCI_STRING)
		return put_scalar(d, f->base, m, ev);
	return put_container(d, f->base, m, ev);
}

static int put_root(struct decoder *d, const struct json_event *ev)
{
	struct oci_member document = { .table = d->doc->table };
	bool is_part = d->doc->member != NULL;
	int r = is_part || ev->type == JSON_OBJECT ? open_object(d, &document, ev, &d->doc->root) :
						     decode_error_type(d, OCI_OBJECT_, ev);

	/* The object around the text of a member has no end: its frame stays. */
	if (r == 0)
		decode_top(d)->m = d->doc->member;
	return r < 0 || !is_part ? r : put_member(d, decode_top(d), ev);
}

/* An event in a value that is passed over. */
static int skip_event(struct decoder *d, const struct json_event *ev)
{
	if (ev->type == JSON_OBJECT || ev->type == JSON_ARRAY)
		d->skip++;
	else if (ev->type == JSON_OBJECT_END || ev->type == JSON_ARRAY_END)
		d->skip--;
	else if (ev->type == JSON_KEY && d->foreign)
		*d->foreign = true;
	if (d->skip == 0)
		d->foreign = NULL;
	return 0;
}

static int on_event(void *context, const struct json_event *ev)
{
	struct decoder *d = context;

	if (d->skip)
		return skip_event(d, ev);
	if (d->depth == 0)
		return put_root(d, ev);
	switch (ev->type) {
	case JSON_KEY:
		return decode_top(d)->kind == IN_OBJECT ? object_key(d, ev) : map_key(d, ev);
	case JSON_OBJECT_END:
		return decode_top(d)->kind == IN_OBJECT ? object_end(d) : map_end(d);
	case JSON_ARRAY_END:
		return list_end(d);
	default:
		return decode_top(d)->kind == IN_OBJECT ? put_member(d, decode_top(d), ev) :
							  put_element(d, decode_top(d), ev);
	}
}

/* The frames get their contents when they are used: they are many bytes, and few are. */
static void decoder_init(struct decoder *d, struct oci_doc *doc, struct oci_error *err)
{
	d->doc = doc;
	d->err = err;
	d->depth = 0;
	d->skip = 0;
	d->foreign = NULL;
	d->elements = (struct collect){ 0 };
}

/* Damaged: what was read before an error is kept, too. */
static int load(const struct oci_table *t, const struct oci_member *member, const char *text,
		size_t len, bool damaged, struct oci_doc *ret, struct oci_error *err)
{
	struct oci_doc doc = { .table = t, .member = member, .len = len };
	struct json_error je = { .at = 0 };
	struct decoder d;
	int r = -ENOMEM;

	decoder_init(&d, &doc, err);
	*err = (struct oci_error){ .message = "no memory" };
	doc.text = len <= OCI_TEXT_MAX ? arena_strn(&doc.arena, text, len) : text;
	if (doc.text) {
		*err = (struct oci_error){ 0 };
		r = json_parse(doc.text, len, on_event, &d, &je);
		if (je.message[0])
			decode_error_json(&d, &je);
		collect_done(&d.elements);
	}
	if (r < 0 && (!damaged || r == -ENOMEM))
		oci_done(&doc);
	else
		*ret = doc;
	return r;
}

int oci_load(const struct oci_table *t, const char *text, size_t len, struct oci_doc *ret,
	     struct oci_error *err)
{
	return load(t, NULL, text, len, false, ret, err);
}

int oci_load_damaged(const struct oci_table *t, const char *text, size_t len, struct oci_doc *ret,
		     struct oci_error *err)
{
	return load(t, NULL, text, len, true, ret, err);
}

int oci_load_member(const struct oci_table *t, const char *member, const char *text, size_t len,
		    struct oci_doc *ret, struct oci_error *err)
{
	return load(t, oci_member_find(t, member, strlen(member)), text, len, false, ret, err);
}

void oci_done(struct oci_doc *doc)
{
	arena_done(&doc->arena);
	*doc = (struct oci_doc){ 0 };
}
