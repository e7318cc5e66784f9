/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a configuration: decodes it and checks what it means; see spec-load.h. */
#include "spec/spec-load.h"

#include "base/auto.h"
#include "spec/spec-check.h"

#include <stdbool.h>

/* What the decoder refused, as our error. Without a key the text is no document at all. */
static int decode_failed(int r, const char *name, const struct oci_error *oe, struct rl_err *e)
{
	bool first = !e->code;

	if (oe->key[0])
		rl_refuse(e, oe->key, "%s", oe->message);
	else if (oe->line)
		rl_whole(e, r, "%s: line %d, column %d: %s", name, oe->line, oe->column,
			 oe->message);
	else
		rl_whole(e, r, "%s: %s", name, oe->message);
	if (first) {
		e->code = -r;
		e->line = oe->line;
		e->column = oe->column;
	}
	return r;
}

int spec_load(const char *text, size_t len, const char *name, struct oci_doc *ret, struct rl_err *e)
{
	rl_auto(oci_done) struct oci_doc doc = { 0 };
	struct oci_error oe;
	int r = oci_load(&oci_config_table, text, len, &doc, &oe);

	if (r < 0)
		return decode_failed(r, name, &oe, e);
	r = spec_check(doc.root, e);
	if (r < 0) {
		if (!e->line)
			oci_where(&doc, e->where, &e->line, &e->column);
		return r;
	}
	*ret = doc;
	doc = (struct oci_doc){ 0 };
	return 0;
}

/* The error is of a document that is a part of a configuration: flag says which. */
static int part_failed(int r, const char *name, const struct oci_error *oe, uint32_t flag,
		       struct rl_err *e)
{
	bool first = !e->code;

	decode_failed(r, name, oe, e);
	if (first)
		e->flags |= flag;
	return r;
}

int spec_load_resources(const char *text, size_t len, const char *name, struct oci_doc *ret,
			struct rl_err *e)
{
	struct oci_error oe;
	int r = oci_load(&oci_resources_table, text, len, ret, &oe);

	return r < 0 ? part_failed(r, name, &oe, RL_ERR_RESOURCES, e) : 0;
}

static int load_member(const char *member, const char *text, size_t len, const char *name,
		       struct oci_doc *ret, struct rl_err *e)
{
	struct oci_error oe;
	int r = oci_load_member(&oci_config_table, member, text, len, ret, &oe);

	return r < 0 ? part_failed(r, name, &oe, RL_ERR_PART, e) : 0;
}

int spec_load_mounts(const char *text, size_t len, const char *name, struct oci_doc *ret,
		     struct rl_err *e)
{
	return load_member("mounts", text, len, name, ret, e);
}

int spec_load_process(const char *text, size_t len, const char *name, struct oci_doc *ret,
		      struct rl_err *e)
{
	return load_member("process", text, len, name, ret, e);
}
