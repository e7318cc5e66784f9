/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the place of a value in the text of a document by its key path. Only errors need it, so the
 * text is read once more instead of keeping a place for each value.
 */
#include "libocispec/json.h"
#include "libocispec/ocispec.h"
#include "libocispec/path.h"

#include <string.h>

struct search {
	const char *rest;      /* of the path */
	struct path_part want; /* the part that is looked for now */
	bool more;             /* `want` is one */
	size_t depth;          /* objects and arrays that are open */
	size_t matched;        /* how many of them are on the path */
	bool key_matches;      /* the value that comes now is the wanted member */
	size_t index;          /* of the next element of the array on the path */
	bool found;
	size_t at; /* the deepest value that was found */
};

/* Whether a value at this depth is the wanted one. */
static bool is_wanted(struct search *s)
{
	if (s->depth == 0)
		return true;
	if (s->depth != s->matched)
		return false;
	return s->want.is_index ? s->index++ == s->want.index : s->key_matches;
}

static int found(struct search *s, const struct json_event *ev)
{
	if (s->depth > 0) {
		s->found = true;
		s->at = ev->at;
		s->more = path_next(&s->rest, &s->want);
	}
	s->key_matches = false;
	s->index = 0;
	if (ev->type != JSON_OBJECT && ev->type != JSON_ARRAY)
		return 1;
	s->matched++;
	/* An index counts in arrays only, a name in objects only. */
	return !s->more || s->want.is_index != (ev->type == JSON_ARRAY);
}

static int on_value(struct search *s, const struct json_event *ev)
{
	int done = is_wanted(s) ? found(s, ev) : 0;

	if (ev->type == JSON_OBJECT || ev->type == JSON_ARRAY)
		s->depth++;
	return done;
}

static int on_event(void *context, const struct json_event *ev)
{
	struct search *s = context;

	switch (ev->type) {
	case JSON_KEY:
		if (s->depth == s->matched)
			s->key_matches =
				s->want.len == ev->len && memcmp(s->want.name, ev->s, ev->len) == 0;
		return 0;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		/* The end of what is on the path: the wanted one is not in it. */
		return s->depth-- == s->matched;
	default:
		return on_value(s, ev);
	}
}

bool oci_where(const struct oci_doc *doc, const char *key_path, int *ret_line, int *ret_column)
{
	struct search s = { .rest = key_path };
	struct json_error ignored;

	s.more = path_next(&s.rest, &s.want);
	/* The text begins inside the member that the path begins with. */
	if (s.more && doc->member)
		s.more = path_next(&s.rest, &s.want);
	if (!doc->text || !s.more)
		return false;
	json_parse(doc->text, doc->len, on_event, &s, &ignored);
	if (s.found)
		json_place(doc->text, doc->len, s.at, ret_line, ret_column);
	return s.found;
}
