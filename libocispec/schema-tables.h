/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tables from OCI_SCHEMA; see schema.h. Has no guard on purpose. */
#include "libocispec/schema.h"

#ifndef OCI_SCHEMA
#error "define OCI_SCHEMA first"
#endif

#define OCI_AT_(tag, c, has)      .at = offsetof(struct tag, c), .has_at = offsetof(struct tag, has)
#define OCI_AT_FLAG(tag, c)       OCI_AT_(tag, c, has_##c)
#define OCI_AT_LIST(tag, c)       OCI_AT_(tag, c, n_##c)
#define OCI_AT_BOOL(tag, c)       OCI_AT_FLAG(tag, c)
#define OCI_AT_U32(tag, c)        OCI_AT_FLAG(tag, c)
#define OCI_AT_I64(tag, c)        OCI_AT_FLAG(tag, c)
#define OCI_AT_U64(tag, c)        OCI_AT_FLAG(tag, c)
#define OCI_AT_STRING(tag, c)     .at = offsetof(struct tag, c)
#define OCI_AT_OBJECT_(tag, c)    .at = offsetof(struct tag, c)
#define OCI_AT_OBJECTS(tag, c)    OCI_AT_LIST(tag, c)
#define OCI_AT_STRINGS(tag, c)    OCI_AT_LIST(tag, c)
#define OCI_AT_U32S(tag, c)       OCI_AT_LIST(tag, c)
#define OCI_AT_MAP(tag, c)        .at = offsetof(struct tag, c)
#define OCI_AT_OBJECT_MAP(tag, c) .at = offsetof(struct tag, c)
#define OCI_AT_FOREIGN(tag, c)    OCI_AT_(tag, has_##c, has_##c)

#define OCI_NEEDED_REQUIRED true
#define OCI_NEEDED_OPTIONAL false

#define ANY                .bounded = false
#define BETWEEN(low, high) .bounded = true, .min = (low), .max = (high)
#define ONEOF(list)        .words = list
#define SHAPE(name)        .shape = &name
#define OF(tag)            .table = &tag##_table

#define USED(file)      .use = OCI_USED, .use_text = file
#define LATER           .use = OCI_LATER
#define IGNORED(reason) .use = OCI_IGNORED, .use_text = reason
#define NOT_LINUX       .use = OCI_NOT_LINUX

#define OBJECT(tag) static const struct oci_member tag##_members[] = {
#define MEMBER(tag, c, json, kind_, needed, limit, clause_, use_, doc_) \
	{ .name = json,                                                 \
	  .c_name = #c,                                                 \
	  .name_len = sizeof(json) - 1,                                 \
	  .kind = OCI_##kind_,                                          \
	  .required = OCI_NEEDED_##needed,                              \
	  OCI_AT_##kind_(tag, c),                                       \
	  limit,                                                        \
	  use_,                                                         \
	  .clause = clause_,                                            \
	  .doc = doc_ },
#define END(tag)                                                                            \
	}                                                                                   \
	;                                                                                   \
	_Static_assert(sizeof(tag##_members) <= OCI_MEMBERS_MAX * sizeof(tag##_members[0]), \
		       "too many members");                                                 \
	const struct oci_table tag##_table = {                                              \
		.name = #tag,                                                               \
		.size = sizeof(struct tag),                                                 \
		.n = sizeof(tag##_members) / sizeof(tag##_members[0]),                      \
		.members = tag##_members,                                                   \
	};
#include OCI_SCHEMA

#undef OBJECT
#undef MEMBER
#undef END
#undef OF
#undef ANY
#undef BETWEEN
#undef ONEOF
#undef SHAPE
#undef USED
#undef LATER
#undef IGNORED
#undef NOT_LINUX
#undef OCI_AT_
#undef OCI_AT_FLAG
#undef OCI_AT_LIST
#undef OCI_AT_BOOL
#undef OCI_AT_U32
#undef OCI_AT_I64
#undef OCI_AT_U64
#undef OCI_AT_STRING
#undef OCI_AT_OBJECT_
#undef OCI_AT_OBJECTS
#undef OCI_AT_STRINGS
#undef OCI_AT_U32S
#undef OCI_AT_MAP
#undef OCI_AT_OBJECT_MAP
#undef OCI_AT_FOREIGN
#undef OCI_NEEDED_REQUIRED
#undef OCI_NEEDED_OPTIONAL
#undef OCI_SCHEMA
