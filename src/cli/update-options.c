/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what update is given; see update-options.h. */
#include "cli/update-options.h"

#include "base/auto.h"
#include "cli/document.h"
#include "cli/size.h"
#include "spec/spec-load.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum kind { SIZE, COUNT, TEXT };

/* A part of the resources, of which we may have a copy of our own. */
struct part {
	const struct oci_table *table;
	size_t at;  /* of the pointer, in struct oci_resources */
	size_t own; /* of the copy, in struct update_options */
};

#define PART(name)                                                         \
	{                                                                  \
		&oci_##name##_table, offsetof(struct oci_resources, name), \
			offsetof(struct update_options, name)              \
	}

static const struct row {
	const char *name;
	struct part part;
	const char *member;
	enum kind kind;
} rows[] = {
#define LIMIT(symbol, name, part, member, kind, value, help) { name, PART(part), member, kind },
#define ALIAS(symbol, name, value, help)
#include "cli/update-options.def"
#undef LIMIT
#undef ALIAS
};

/* --- the document --- */

static int read_document(struct update_options *u, const char *path, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	size_t len = 0;
	int r = document_read(path, "resources", &text, &len, e);

	if (r == 0)
		r = spec_load_resources(text, len, document_name(path), &u->doc, e);
	if (r == 0)
		u->resources = *(const struct oci_resources *)u->doc.root;
	return r;
}

/* --- single limits --- */

/* Our own copy of a part: what the document says of it, or nothing. */
static void *own_part(struct update_options *u, const struct part *p)
{
	char *at = (char *)&u->resources + p->at, *own = (char *)u + p->own;
	void *now;

	memcpy(&now, at, sizeof(now));
	if (now && now != own)
		memcpy(own, now, p->table->size);
	now = own;
	memcpy(at, &now, sizeof(now));
	return own;
}

/* The range of a member that is a number. */
struct range {
	bool negative; /* from -1 on, which stands for no limit; else from 0 */
	uint64_t max;
};

static struct range range_of(const struct oci_member *m)
{
	if (m->kind == OCI_I64)
		return (struct range){ true, INT64_MAX };
	if (m->kind == OCI_U64)
		return (struct range){ false, UINT64_MAX };
	return (struct range){ false, m->bounded ? (uint64_t)m->max : UINT32_MAX };
}

/* Read digits, perhaps behind a '-'. Returns 0, or -EINVAL when it is no number in the range. */
static int read_count(const char *text, struct range range, uint64_t *ret)
{
	bool minus = range.negative && text[0] == '-';
	const char *digits = text + minus;
	uint64_t n = 0;

	if (!*digits || digits[strspn(digits, "0123456789")])
		return -EINVAL;
	for (; *digits; digits++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*digits - '0'), &n))
			return -EINVAL;
	/* -1 is all that a negative number ever means. */
	if (n > (minus ? 1 : range.max))
		return -EINVAL;
	*ret = minus ? -n : n;
	return 0;
}

static int read_number(const struct row *row, const struct oci_member *m, const char *text,
		       uint64_t *ret, struct rl_err *e)
{
	struct range range = range_of(m);
	int64_t size = 0;
	int r;

	if (row->kind == COUNT) {
		if (read_count(text, range, ret) == 0)
			return 0;
		return options_fail("update", e,
				    "option --%s: \"%.64s\" is no number from %s to %" PRIu64,
				    row->name, text, range.negative ? "-1" : "0", range.max);
	}
	r = size_parse(text, &size);
	if (r == -ERANGE)
		return options_fail("update", e, "option --%s: \"%.64s\" is more than %" PRId64,
				    row->name, text, INT64_MAX);
	if (r < 0)
		return options_fail("update", e,
				    "option --%s: \"%.64s\" is no size such as 512M or 1.5GiB",
				    row->name, text);
	*ret = (uint64_t)size;
	return 0;
}

static int set_limit(struct update_options *u, const struct row *row, const char *text,
		     struct rl_err *e)
{
	const struct oci_member *m =
		oci_member_find(row->part.table, row->member, strlen(row->member));
	char *part = own_part(u, &row->part);
	char *at = part + m->at;
	uint64_t n = 0;
	uint32_t n32;
	int r;

	if (row->kind == TEXT) {
		memcpy(at, &text, sizeof(text));
		return 0;
	}
	r = read_number(row, m, text, &n, e);
	if (r < 0)
		return r;
	n32 = (uint32_t)n;
	if (m->kind == OCI_U32)
		memcpy(at, &n32, sizeof(n32));
	else
		memcpy(at, &n, sizeof(n));
	*(bool *)(part + m->has_at) = true;
	return 0;
}

int update_options_init(struct update_options *ret, const struct options *o, struct rl_err *e)
{
	bool limits = false;
	int r = 0;

	*ret = (struct update_options){ .update = { .l3_cache_schema = o->l3_cache_schema,
						    .mem_bw_schema = o->mem_bw_schema } };
	if (o->resources)
		r = read_document(ret, o->resources, e);
	for (size_t i = 0; i < RL_COUNT(rows) && r == 0; i++) {
		if (!o->limits[i])
			continue;
		limits = true;
		r = set_limit(ret, &rows[i], o->limits[i], e);
	}
	if (r < 0)
		return r;
	if (!o->resources && !limits && !o->l3_cache_schema && !o->mem_bw_schema)
		return options_fail(
			"update", e,
			"nothing to change is given: --resources, or one of the limits");
	if (o->resources || limits)
		ret->update.resources = &ret->resources;
	/* With options laid over it, a value may not be the document's. */
	if (o->resources && !limits)
		ret->update.doc = &ret->doc;
	return 0;
}

void update_options_done(struct update_options *u)
{
	oci_done(&u->doc);
}
