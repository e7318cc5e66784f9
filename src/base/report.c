/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a tree of facts as text or as JSON; see report.h. */
#include "base/report.h"

#include "base/escape.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* Go to where an entry of the level `depth` starts. Text ends its lines itself. */
static void indent(struct report *r, int depth)
{
	if (r->format == REPORT_JSON)
		fprintf(r->out, "\n%*s", 2 * depth, "");
	else if (r->format == REPORT_TEXT)
		fprintf(r->out, "%*s", 2 * depth, "");
}

/*
 * Text: start an entry of the level `depth`. The first entry of an element of a list stands on the
 * line of that element, behind its dash; all other entries start a line.
 */
static void text_start(struct report *r, int depth)
{
	if (depth && !r->some[depth] && r->list[depth - 1]) {
		text_start(r, depth - 1);
	} else {
		if (depth && !r->some[depth])
			fputc('\n', r->out); /* behind the key of this level */
		indent(r, depth);
	}
	r->some[depth] = true;
	if (r->list[depth])
		fputs("- ", r->out);
}

/* Start an entry of the open level: what stands before its value. */
static void start(struct report *r, const char *key)
{
	if (r->format == REPORT_TEXT) {
		text_start(r, r->depth);
		if (key) {
			escape_text(r->out, key);
			fputc(':', r->out);
		}
		return;
	}
	if (r->some[r->depth])
		fputc(',', r->out);
	r->some[r->depth] = true;
	indent(r, r->depth + 1);
	if (key) {
		escape_json(r->out, key);
		fputs(r->format == REPORT_JSON ? ": " : ":", r->out);
	}
}

/* A value that needs no escapes. */
static void plain(struct report *r, const char *key, const char *value)
{
	start(r, key);
	if (r->format == REPORT_TEXT)
		fprintf(r->out, "%s%s\n", key ? " " : "", value);
	else
		fputs(value, r->out);
}

static void open_level(struct report *r, const char *key, bool list)
{
	assert(r->depth + 1 < REPORT_DEPTH);
	/* In text an element of a list has no line of its own: its first entry writes the dash. */
	if (r->format != REPORT_TEXT || key)
		start(r, key);
	if (r->format != REPORT_TEXT)
		fputc(list ? '[' : '{', r->out);
	r->depth++;
	r->list[r->depth] = list;
	r->some[r->depth] = false;
}

static void begin(struct report *r, FILE *out, enum report_format format, bool list)
{
	memset(r, 0, sizeof(*r));
	r->out = out;
	r->format = format;
	r->list[0] = list;
	if (format != REPORT_TEXT)
		fputc(list ? '[' : '{', out);
}

void report_begin(struct report *r, FILE *out, enum report_format format)
{
	begin(r, out, format, false);
}

void report_begin_list(struct report *r, FILE *out, enum report_format format)
{
	begin(r, out, format, true);
}

/* Close the JSON of a level whose entries were indented for `depth` + 1. */
static void json_close(struct report *r, int depth)
{
	if (r->some[depth])
		indent(r, depth);
	fputc(r->list[depth] ? ']' : '}', r->out);
}

void report_end(struct report *r)
{
	assert(r->depth == 0);
	if (r->format == REPORT_TEXT)
		return; /* every entry ended its line */
	json_close(r, 0);
	fputc('\n', r->out);
}

void report_object(struct report *r, const char *key)
{
	open_level(r, key, false);
}

void report_list(struct report *r, const char *key)
{
	open_level(r, key, true);
}

void report_close(struct report *r)
{
	assert(r->depth > 0);
	if (r->format != REPORT_TEXT) {
		json_close(r, r->depth--);
		return;
	}
	if (!r->some[r->depth]) {
		bool element = r->list[r->depth - 1];

		if (element)
			text_start(r, r->depth - 1);
		fprintf(r->out, "%s(none)\n", element ? "" : " ");
	}
	r->depth--;
}

void report_str(struct report *r, const char *key, const char *value)
{
	size_t len;

	if (!value)
		return;
	start(r, key);
	if (r->format != REPORT_TEXT) {
		escape_json(r->out, value);
		return;
	}
	if (key)
		fputc(' ', r->out);
	/* Quotes, where a reader could not tell what the value is. */
	len = strlen(value);
	if (!len || value[0] == ' ' || value[len - 1] == ' ' || !escape_is_plain(value))
		escape_json(r->out, value);
	else
		fputs(value, r->out);
	fputc('\n', r->out);
}

void report_fmt(struct report *r, const char *key, const char *fmt, ...)
{
	char buf[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	report_str(r, key, buf);
}

void report_u64(struct report *r, const char *key, uint64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRIu64, value);
	plain(r, key, buf);
}

void report_i64(struct report *r, const char *key, int64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRId64, value);
	plain(r, key, buf);
}

void report_bool(struct report *r, const char *key, bool value)
{
	bool text = r->format == REPORT_TEXT;

	plain(r, key, value ? (text ? "yes" : "true") : (text ? "no" : "false"));
}

void report_hundredths(struct report *r, const char *key, uint64_t value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRIu64 ".%02" PRIu64, value / 100, value % 100);
	plain(r, key, buf);
}

void report_null(struct report *r, const char *key)
{
	plain(r, key, r->format == REPORT_TEXT ? "(none)" : "null");
}
