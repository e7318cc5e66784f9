/* SPDX-License-Identifier: Apache-2.0 */
/* Sifts what a container says to NOTIFY_SOCKET; see notify-text.h. */
#include "container/notify-text.h"

#include <stdio.h>
#include <string.h>

enum kind { FLAG, NUMBER, TEXT };

enum field {
#define FIELD(name, kind) FIELD_##name,
#include "container/notify-fields.def"
#undef FIELD
	FIELDS
};

static const struct {
	const char *name;
	size_t len;
	enum kind kind;
} fields[FIELDS] = {
#define FIELD(name, kind) { #name "=", sizeof(#name), kind },
#include "container/notify-fields.def"
#undef FIELD
};

/* Bytes above ASCII may be UTF-8, which the manager checks. */
static bool is_printable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return true;
}

static bool is_number(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0 && n <= 20; /* 2^64 - 1 */
}

static bool is_value(enum kind kind, const char *s, size_t n)
{
	switch (kind) {
	case FLAG:
		return n == 1 && s[0] == '1';
	case NUMBER:
		return is_number(s, n);
	default:
		return is_printable(s, n);
	}
}

/* Which field the line is, with a value that it may have; FIELDS: none. */
static enum field find(const char *line, size_t n)
{
	for (int i = 0; i < FIELDS; i++) {
		const size_t at = fields[i].len;

		if (n >= at && !memcmp(line, fields[i].name, at))
			return is_value(fields[i].kind, line + at, n - at) ? (enum field)i : FIELDS;
	}
	return FIELDS;
}

static void take_line(const char *line, size_t n, struct notify_text *ret)
{
	const enum field field = find(line, n);

	ret->barrier |= field == FIELD_BARRIER;
	if (field == FIELDS || field == FIELD_BARRIER)
		return;
	ret->ready |= field == FIELD_READY;
	memcpy(ret->text + ret->len, line, n);
	ret->len += n;
	ret->text[ret->len++] = '\n';
}

void notify_text_sift(const char *bytes, size_t n, pid_t main, struct notify_text *ret)
{
	ret->len = 0;
	ret->ready = ret->barrier = false;
	while (n > 0) {
		const char *end = memchr(bytes, '\n', n);
		const size_t line = end ? (size_t)(end - bytes) : n;

		take_line(bytes, line, ret);
		bytes += line + (end != NULL);
		n -= line + (end != NULL);
	}
	if (ret->ready && main > 0)
		ret->len += (size_t)snprintf(ret->text + ret->len, NOTIFY_TEXT_PID, "MAINPID=%d\n",
					     (int)main);
}
