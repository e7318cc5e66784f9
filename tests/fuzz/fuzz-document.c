/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents beside config.json, and what holds for all of them: each member that is there is found
 * in the text, and what is saved can be loaded again and is then the same.
 */
#include "tests/fuzz/fuzz.h"

#include "spec/spec-load.h"

#include <stdlib.h>
#include <string.h>

static int look_up(void *context, const char *key, const struct oci_member *m, const void *value)
{
	const struct oci_doc *doc = context;
	int line = 0, column = 0;

	oci_is_nothing(m, value);
	/* A path that is cut at its limit leads only a part of the way. */
	if (strlen(key) < 150)
		fuzz_require(oci_where(doc, key, &line, &column) && line > 0 && column > 0,
			     "a member that is there is found");
	return 0;
}

static void check_round(const struct oci_doc *doc)
{
	char *first = NULL, *second = NULL;
	struct oci_doc again;
	struct oci_error err;
	size_t n, m;

	fuzz_require(oci_save(doc->table, doc->root, &first, &n, 0) == 0, "it can be saved");
	/* Escapes may make it longer than a document may be. */
	if (n <= OCI_TEXT_MAX) {
		fuzz_require(oci_load(doc->table, first, n, &again, &err) == 0,
			     "it can be loaded again");
		fuzz_require(oci_save(doc->table, again.root, &second, &m, 0) == 0,
			     "it can be saved again");
		fuzz_require(n == m && memcmp(first, second, n) == 0,
			     "it is the same when loaded again");
		oci_done(&again);
	}
	free(first);
	free(second);
}

void fuzz_document_check(const struct oci_doc *doc)
{
	/* Looking up reads the text again: only in small documents. */
	if (doc->len < 4096)
		oci_walk(doc->table, doc->root, look_up, (void *)(uintptr_t)doc);
	check_round(doc);
}

static void fuzz_table(const struct oci_table *t, const uint8_t *data, size_t size)
{
	struct oci_doc doc = { 0 };
	struct oci_error err;

	if (oci_load(t, (const char *)data, size, &doc, &err) == 0)
		fuzz_document_check(&doc);
	else
		fuzz_require(err.message[0] != '\0', "it is refused with a reason");
	oci_done(&doc);
}

void fuzz_document_features(const uint8_t *data, size_t size)
{
	fuzz_table(&oci_features_table, data, size);
}

void fuzz_document_state(const uint8_t *data, size_t size)
{
	fuzz_table(&oci_state_table, data, size);
}

typedef int load_part(const char *text, size_t len, const char *name, struct oci_doc *ret,
		      struct rl_err *e);

/* Their place in a text is that of the part: only the walk of what is whole is checked. */
static void fuzz_part(load_part *load, bool whole, const uint8_t *data, size_t size)
{
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc = { 0 };
	int r = load((const char *)data, size, "part", &doc, &e);

	fuzz_result(r, &e);
	if (r == 0 && whole)
		fuzz_document_check(&doc);
	oci_done(&doc);
}

void fuzz_document_resources(const uint8_t *data, size_t size)
{
	fuzz_part(spec_load_resources, true, data, size);
}

void fuzz_document_mounts(const uint8_t *data, size_t size)
{
	fuzz_part(spec_load_mounts, false, data, size);
}

void fuzz_document_process(const uint8_t *data, size_t size)
{
	fuzz_part(spec_load_process, false, data, size);
}
