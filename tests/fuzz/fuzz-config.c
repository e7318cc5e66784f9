/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds arbitrary bytes to the parser of configurations, and what it accepts through everything
 * that is done with it without a system call: check, walk, save, load again, look up.
 *
 * For libFuzzer: clang -fsanitize=fuzzer,address,undefined -DLIBFUZZER. Else it is a test program
 * that runs over the files given as arguments, or over the corpus; it aborts where a rule is
 * broken.
 */
#include "libocispec/ocispec.h"
#include "spec/spec-later.h"
#include "spec/spec-load.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz-config: %s\n", what);
	abort();
}

static int look_up(void *context, const char *key, const struct oci_member *m, const void *value)
{
	const struct oci_doc *doc = context;
	int line = 0, column = 0;

	oci_is_nothing(m, value);
	/* A path that is cut at its limit leads only a part of the way. */
	if (strlen(key) < 150)
		require(oci_where(doc, key, &line, &column) && line > 0 && column > 0,
			"a member that is there is not found");
	return 0;
}

/* Looking up reads the text again: only in small documents. */
static void walk(struct oci_doc *doc)
{
	if (doc->len < 4096)
		oci_walk(doc->table, doc->root, look_up, doc);
}

static void check_round(const struct oci_doc *doc)
{
	char *first = NULL, *second = NULL;
	struct oci_doc again;
	struct oci_error err;
	size_t n, m;

	require(oci_save(doc->table, doc->root, &first, &n, 0) == 0, "cannot be saved");
	/* Escapes may make it longer than a document may be. */
	if (n <= OCI_TEXT_MAX) {
		require(oci_load(doc->table, first, n, &again, &err) == 0,
			"cannot be loaded again");
		require(oci_save(doc->table, again.root, &second, &m, 0) == 0,
			"cannot be saved again");
		require(n == m && memcmp(first, second, n) == 0,
			"is not the same when loaded again");
		oci_done(&again);
	}
	free(first);
	free(second);
}

static void fuzz_table(const struct oci_table *t, const char *text, size_t len)
{
	struct oci_doc doc;
	struct oci_error err;

	if (oci_load(t, text, len, &doc, &err) < 0) {
		require(err.message[0] != '\0', "is refused without a reason");
		return;
	}
	walk(&doc);
	check_round(&doc);
	oci_done(&doc);
}

static void fuzz_spec(const char *text, size_t len)
{
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc;

	if (spec_load(text, len, "config.json", &doc, &e) < 0) {
		require(e.code > 0 && e.what[0], "is refused without a reason");
		return;
	}
	spec_later(doc.root, &e);
	oci_done(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	fuzz_table(&oci_config_table, text, size);
	fuzz_table(&oci_state_table, text, size);
	fuzz_table(&oci_features_table, text, size);
	fuzz_spec(text, size);
	return 0;
}

#ifndef LIBFUZZER
#include "corpus.h"

int main(int argc, char **argv)
{
	static const char *const dirs[] = { "fuzz/corpus", "data/ocispec/good", "data/ocispec/bad",
					    NULL };

	return corpus_main(argc, argv, dirs, OCI_TEXT_MAX + 2);
}
#endif
