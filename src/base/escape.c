/* SPDX-License-Identifier: Apache-2.0 */
/* Writes text from outside for terminals and JSON readers; see escape.h. */
#include "base/escape.h"

#include <stddef.h>
#include <string.h>

/* The escapes of one letter that JSON (RFC 8259, section 7) and C have in common. */
static const char short_from[] = "\b\f\n\r\t";
static const char short_to[] = "bfnrt";

/* The length of the UTF-8 sequence at s, from 1 to 4; 0 if it is none (RFC 3629, section 4). */
static size_t sequence(const unsigned char *s)
{
	unsigned int low = 0x80, high = 0xbf; /* bounds of the second byte */
	size_t n = 2;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	if (s[0] >= 0xe0)
		n = s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (s[0] == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

/* C0, DEL, and the C1 controls U+0080 to U+009F, which some terminals obey too. */
static bool is_control(const unsigned char *s, size_t len)
{
	if (len == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	return len == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

/* Write the short escape of c, if it has one. */
static bool put_short(FILE *out, unsigned char c)
{
	const char *at = c ? strchr(short_from, c) : NULL;

	if (!at)
		return false;
	fprintf(out, "\\%c", short_to[at - short_from]);
	return true;
}

void escape_json(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	fputc('"', out);
	while (*p) {
		size_t len = sequence(p);

		if (!len)
			fputs("\\ufffd", out);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (is_control(p, len) && !put_short(out, *p))
			fprintf(out, "\\u%04x", len == 1 ? *p : p[1]); /* C1: c2 80 is U+0080 */
		else if (!is_control(p, len))
			fwrite(p, 1, len, out);
		p += len ? len : 1;
	}
	fputc('"', out);
}

void escape_text(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		size_t len = sequence(p);

		if (len && !is_control(p, len)) {
			fwrite(p, 1, len, out);
			p += len;
			continue;
		}
		if (!put_short(out, *p))
			for (size_t i = 0; i < (len ? len : 1); i++)
				fprintf(out, "\\x%02x", p[i]);
		p += len ? len : 1;
	}
}

bool escape_is_plain(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		size_t len = sequence(p);

		if (!len || is_control(p, len))
			return false;
		p += len;
	}
	return true;
}
