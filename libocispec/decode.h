/* SPDX-License-Identifier: Apache-2.0 */
/* The state of decode.c, and its errors (decode-error.c). */
#ifndef OCISPEC_DECODE_H
#define OCISPEC_DECODE_H

#include "libocispec/collect.h"
#include "libocispec/json.h"
#include "libocispec/ocispec.h"

enum frame_kind { IN_OBJECT, IN_LIST, IN_MAP };

struct frame {
	enum frame_kind kind;
	size_t at; /* where it starts in the text */
	/* IN_OBJECT: the member that is read now, NULL: unknown. Else the list's or map's own. */
	const struct oci_member *m;
	const struct oci_table *table; /* IN_OBJECT */
	void *base;                    /* IN_OBJECT: the struct */
	uint64_t seen, present;        /* IN_OBJECT: bits of members; present ones are not null */
	const char *key;               /* IN_MAP, or an unknown member: the key that is read now */
	size_t first;                  /* IN_LIST, IN_MAP: its first in `elements` */
	size_t index;                  /* IN_LIST: of the element that is read now */
};

struct decoder {
	struct oci_doc *doc;
	struct oci_error *err;
	struct frame frames[OCI_DEPTH_MAX + 1]; /* one: of the object around a member */
	size_t depth;                           /* frames in use */
	size_t skip;   /* objects and arrays open in a value that is passed over */
	bool *foreign; /* the passed-over value is FOREIGN: set when it has a member */
	struct collect elements;
};

static inline struct frame *decode_top(struct decoder *d)
{
	return &d->frames[d->depth - 1];
}

/* Refuse the value that is read now, which begins `at` bytes into the text; returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int decode_error_here(struct decoder *d, size_t at,
							    const char *fmt, ...);

/* Returns -ENOMEM. */
int decode_error_memory(struct decoder *d);

/* Refuse a value that is not of its kind (enum oci_kind); returns -EINVAL. */
int decode_error_type(struct decoder *d, uint8_t kind, const struct json_event *ev);

/*
 * List a member that the table of the open object does not have: 0, or -ENOMEM. Beyond
 * OCI_UNKNOWN_MAX they are counted only.
 */
int decode_error_unknown(struct decoder *d, const struct json_event *ev);

/* The text is not JSON, or a string or depth is beyond what is allowed anywhere. */
void decode_error_json(struct decoder *d, const struct json_error *je);

#endif
