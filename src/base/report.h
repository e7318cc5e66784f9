/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints structured facts once, as text for people or as JSON for programs: the plan, features,
 * lists. The caller describes a tree of objects and lists; the two writers agree on its content.
 *
 * Text: two spaces of indent a level, "key: value" lines, list items behind "- ".
 * JSON: two spaces of indent a level; keys in the order in which they are given. JSON_LINE is the
 * same on one line, for records and for readers that take a line at a time.
 *
 * Failures of writing stay in the stream: the caller asks ferror() or fclose() at the end.
 */
#ifndef RL_BASE_REPORT_H
#define RL_BASE_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_JSON_LINE };

#define REPORT_DEPTH 32

struct report {
	FILE *out; /* borrowed */
	enum report_format format;
	int depth;
	bool list[REPORT_DEPTH]; /* whether the open level is a list */
	bool some[REPORT_DEPTH]; /* whether it has an entry already */
};

/* Open the document: an object, or a list. */
void report_begin(struct report *r, FILE *out, enum report_format format);
void report_begin_list(struct report *r, FILE *out, enum report_format format);
/* Close it, with a newline. */
void report_end(struct report *r);

/* key is NULL for an element of a list. */
void report_object(struct report *r, const char *key);
void report_list(struct report *r, const char *key);
void report_close(struct report *r); /* the object or list opened last */

/* A value of NULL is not printed at all. */
void report_str(struct report *r, const char *key, const char *value);
/* Cut at 4095 bytes: for what has a bound. */
void report_fmt(struct report *r, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void report_u64(struct report *r, const char *key, uint64_t value);
void report_i64(struct report *r, const char *key, int64_t value);
void report_bool(struct report *r, const char *key, bool value);
/* A decimal fraction, in hundredths: 75 is 0.75. */
void report_hundredths(struct report *r, const char *key, uint64_t value);
/* JSON's null; in text "(none)". */
void report_null(struct report *r, const char *key);

#endif
