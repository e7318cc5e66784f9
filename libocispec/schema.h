/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a schema is: tables of members, made by the preprocessor from a .def file of which each row
 * is one member of one object. The C structs come from the same rows.
 *
 *	OBJECT(tag)
 *	MEMBER(tag, c_name, "jsonName", KIND, REQUIRED|OPTIONAL, limit, "clause", use, "doc")
 *	END(tag)
 *
 * KIND      what stands in `struct tag`
 *   BOOL        bool c_name;                   bool has_c_name;
 *   U32         uint32_t c_name;               bool has_c_name;
 *   I64         int64_t c_name;                bool has_c_name;
 *   U64         uint64_t c_name;               bool has_c_name;
 *   STRING      char *c_name;                  NULL: absent
 *   OBJECT_     struct x *c_name;              NULL: absent; the limit is OF(x)
 *   OBJECTS     struct x **c_name;             size_t n_c_name; the limit is OF(x)
 *   STRINGS     char **c_name;                 size_t n_c_name; the limit is for each string
 *   U32S        uint32_t *c_name;              size_t n_c_name;
 *   MAP         struct oci_map *c_name;        string to string; NULL: absent
 *   OBJECT_MAP  struct oci_object_map *c_name; string to object; NULL: absent; the limit is OF(x)
 *   FOREIGN     bool has_c_name;               an object of which only the presence is kept;
 *                                              an empty one counts as absent
 * limit     ANY, BETWEEN(min, max), ONEOF(words), SHAPE(shape), OF(tag)
 * use       USED("file that uses it"), LATER (refused by this version),
 *           IGNORED("why that is right"), NOT_LINUX
 *
 * A list that is present and empty has a pointer that is not NULL, and a length of 0.
 *
 * To make structs and tables from a .def file of your own:
 *
 *	in a header:  #define OCI_SCHEMA "container/record.def"
 *	              #include "libocispec/schema-structs.h"	struct tag, extern tag_table
 *	in one .c:    #define OCI_SCHEMA "container/record.def"
 *	              #include "libocispec/schema-tables.h"	tag_table
 */
#ifndef OCISPEC_SCHEMA_H
#define OCISPEC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both keep the order of the document. */
struct oci_map {
	size_t n;
	char **keys;
	char **values;
};

struct oci_object_map {
	size_t n;
	char **keys;
	void **values;
};

enum oci_kind {
	OCI_BOOL,
	OCI_U32,
	OCI_I64,
	OCI_U64,
	OCI_STRING,
	OCI_OBJECT_,
	OCI_OBJECTS,
	OCI_STRINGS,
	OCI_U32S,
	OCI_MAP,
	OCI_OBJECT_MAP,
	OCI_FOREIGN,
};

enum oci_use { OCI_USED, OCI_LATER, OCI_IGNORED, OCI_NOT_LINUX };

/* What a string must look like. */
struct oci_shape {
	const char *like; /* for people: "2MB or 1GB" */
	bool (*is)(const char *s);
};

/* Members of an object; bounded so that a word of bits can say which were seen. */
#define OCI_MEMBERS_MAX 64

struct oci_table;

struct oci_member {
	const char *name; /* in JSON */
	const char *c_name;
	uint8_t name_len;
	uint8_t kind; /* enum oci_kind */
	uint8_t use;  /* enum oci_use */
	bool required;
	bool bounded;                  /* min and max count */
	uint16_t at;                   /* offset of the value in the struct */
	uint16_t has_at;               /* offset of has_..., or of n_... */
	const struct oci_table *table; /* of the object or of each */
	const char *const *words;      /* ends with NULL; NULL: any */
	const struct oci_shape *shape; /* NULL: any */
	int64_t min;
	int64_t max;
	const char *clause;
	const char *use_text; /* the file, or the reason; NULL: none */
	const char *doc;
};

struct oci_table {
	const char *name; /* tag of the struct */
	size_t size;      /* of the struct */
	size_t n;
	const struct oci_member *members;
};

/* The member of this name, or NULL. The name need not end with NUL. */
const struct oci_member *oci_member_find(const struct oci_table *t, const char *name, size_t len);

/* The name in the table that `name` was perhaps meant to be, or NULL. */
const char *oci_member_guess(const struct oci_table *t, const char *name);

#endif
