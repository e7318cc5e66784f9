/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of the OCI runtime-spec 1.3 (config.json, state, features) as C structs, and the
 * one parser and the one writer that serve them all. Knows no Linux and no rundlet.
 *
 * A document is read by walking its table (schema.h); all it holds lives in one arena, and nobody
 * frees a field.
 */
#ifndef OCISPEC_OCISPEC_H
#define OCISPEC_OCISPEC_H

#include "libocispec/arena.h"
#include "libocispec/schema.h"

#define OCI_SCHEMA "libocispec/schema-config.def"
#include "libocispec/schema-structs.h"
#define OCI_SCHEMA "libocispec/schema-state.def"
#include "libocispec/schema-structs.h"
#define OCI_SCHEMA "libocispec/schema-features.def"
#include "libocispec/schema-structs.h"

/* Lists of words, each ends with NULL; see words.def. */
#define WORDS(name, ...) extern const char *const name[];
#include "libocispec/words.def"
#undef WORDS

#define OCI_TEXT_MAX    ((size_t)16 << 20) /* bytes of a document */
#define OCI_DEPTH_MAX   64                 /* objects and arrays in each other */
#define OCI_UNKNOWN_MAX 64                 /* unknown members that are listed; all are counted */

struct oci_error {
	int line, column;  /* from 1; columns are bytes; 0: the whole document */
	char key[160];     /* path of the member: mounts[7].source; empty: the document */
	char message[256]; /* "must be a string, not a number" */
};

/* A member that the schema does not know. */
struct oci_unknown {
	char *key;         /* path */
	int line, column;  /* of its name */
	const char *guess; /* a known name that is nearly the same, or NULL */
};

struct oci_doc {
	struct arena arena; /* owns everything below */
	const struct oci_table *table;
	const struct oci_member *member; /* the text is this member's value alone; or NULL */
	void *root;                      /* struct oci_config * if the table is oci_config_table */
	const char *text;                /* a copy, for oci_where() */
	size_t len;
	struct oci_unknown *unknown;
	size_t n_unknown; /* in the list */
	size_t unknown_total;
};

/*
 * Decode a document. Fills *ret and returns 0; free it with oci_done(). On failure returns
 * -EINVAL, or -E2BIG for a document or depth beyond the limits, or -ENOMEM; *err says what and
 * where.
 */
int oci_load(const struct oci_table *t, const char *text, size_t len, struct oci_doc *ret,
	     struct oci_error *err);

/*
 * The same for a text that may be damaged: after -EINVAL and -E2BIG, too, *ret has what was read
 * before the error; of lists and maps those that are whole. Required members may be missing, and
 * the root.
 */
int oci_load_damaged(const struct oci_table *t, const char *text, size_t len, struct oci_doc *ret,
		     struct oci_error *err);

/*
 * oci_load() for a text that is the value of one member of such a document alone: an array of
 * mounts, for "mounts" of oci_config_table. The root has this member and no other; none is
 * required.
 */
int oci_load_member(const struct oci_table *t, const char *member, const char *text, size_t len,
		    struct oci_doc *ret, struct oci_error *err);

/* Free it. A doc of zeros is fine. */
void oci_done(struct oci_doc *doc);

/*
 * Find the place of a value: "mounts[7].source", "linux.sysctl[\"a.b\"]". Walks down as far as the
 * path exists; false if not even its first part does.
 */
bool oci_where(const struct oci_doc *doc, const char *key_path, int *ret_line, int *ret_column);

#define OCI_SAVE_PRETTY 0x1u /* tabs and newlines; else everything on one line */

/*
 * Write a struct as JSON. *ret_text ends with NUL, *ret_len does not count it; free(3) it.
 * Members stand in the order of the table. Returns 0 or -ENOMEM.
 */
int oci_save(const struct oci_table *t, const void *root, char **ret_text, size_t *ret_len,
	     unsigned int flags);

/*
 * Walk over the members that are present, outside in, in the order of the table. `value` points to
 * the member in its struct. Stops and returns what the callback returns if that is not 0;
 * OCI_WALK_SKIP is an exception: go on, but not into this value.
 */
#define OCI_WALK_SKIP 1
typedef int oci_visit(void *context, const char *key, const struct oci_member *m,
		      const void *value);
int oci_walk(const struct oci_table *t, const void *root, oci_visit *visit, void *context);

/*
 * Whether the value asks for nothing: false, "", {}, [], an object of such. `value` is as in
 * oci_walk().
 */
bool oci_is_nothing(const struct oci_member *m, const void *value);

#endif
