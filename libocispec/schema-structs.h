/* SPDX-License-Identifier: Apache-2.0 */
/* Makes structs and declares tables from OCI_SCHEMA; see schema.h. Has no guard on purpose. */
#include "libocispec/schema.h"

#ifndef OCI_SCHEMA
#error "define OCI_SCHEMA first"
#endif

#define OCI_FIELD_BOOL(c, limit) \
	bool has_##c;            \
	bool c;
#define OCI_FIELD_U32(c, limit) \
	bool has_##c;           \
	uint32_t c;
#define OCI_FIELD_I64(c, limit) \
	bool has_##c;           \
	int64_t c;
#define OCI_FIELD_U64(c, limit) \
	bool has_##c;           \
	uint64_t c;
#define OCI_FIELD_STRING(c, limit)  char *c;
#define OCI_FIELD_OBJECT_(c, limit) struct limit *c;
#define OCI_FIELD_OBJECTS(c, limit) \
	struct limit **c;           \
	size_t n_##c;
#define OCI_FIELD_STRINGS(c, limit) \
	char **c;                   \
	size_t n_##c;
#define OCI_FIELD_U32S(c, limit) \
	uint32_t *c;             \
	size_t n_##c;
#define OCI_FIELD_MAP(c, limit)        struct oci_map *c;
#define OCI_FIELD_OBJECT_MAP(c, limit) struct oci_object_map *c;
#define OCI_FIELD_FOREIGN(c, limit)    bool has_##c;

#define OF(tag)                                                     tag
#define OBJECT(tag)                                                 struct tag {
#define MEMBER(tag, c, json, kind, needed, limit, clause, use, doc) OCI_FIELD_##kind(c, limit)
#define END(tag) \
	}        \
	;
#include OCI_SCHEMA
#undef OBJECT
#undef MEMBER
#undef END
#undef OF

#define OBJECT(tag) extern const struct oci_table tag##_table;
#define MEMBER(tag, c, json, kind, needed, limit, clause, use, doc)
#define END(tag)
#include OCI_SCHEMA
#undef OBJECT
#undef MEMBER
#undef END

#undef OCI_FIELD_BOOL
#undef OCI_FIELD_U32
#undef OCI_FIELD_I64
#undef OCI_FIELD_U64
#undef OCI_FIELD_STRING
#undef OCI_FIELD_OBJECT_
#undef OCI_FIELD_OBJECTS
#undef OCI_FIELD_STRINGS
#undef OCI_FIELD_U32S
#undef OCI_FIELD_MAP
#undef OCI_FIELD_OBJECT_MAP
#undef OCI_FIELD_FOREIGN
#undef OCI_SCHEMA
