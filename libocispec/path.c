/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads key paths; see path.h. */
#include "libocispec/path.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void add(struct path *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->text + p->len, p->size - p->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	p->len += (size_t)n;
	if (p->len >= p->size)
		p->len = p->size - 1;
}

void path_begin(struct path *p, char *text, size_t size)
{
	*p = (struct path){ .text = text, .size = size };
	text[0] = '\0';
}

void path_member(struct path *p, const char *name)
{
	add(p, "%s%s", p->len ? "." : "", name);
}

void path_index(struct path *p, size_t index)
{
	add(p, "[%zu]", index);
}

void path_key(struct path *p, const char *key)
{
	add(p, "[\"%s\"]", key);
}

void path_cut(struct path *p, size_t len)
{
	p->len = len;
	p->text[len] = '\0';
}

static bool read_key(const char **rest, struct path_part *ret)
{
	const char *name = *rest + strlen("[\""), *end = name;

	for (; (end = strstr(end, "\"]")); end++)
		if (end[2] == '\0' || end[2] == '.' || end[2] == '[')
			break;
	if (!end)
		return false;
	*ret = (struct path_part){ .name = name, .len = (size_t)(end - name) };
	*rest = end + strlen("\"]");
	return true;
}

static bool read_index(const char **rest, struct path_part *ret)
{
	const char *s = *rest + 1;
	size_t index = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9' && index < SIZE_MAX / 10 - 1; s++)
		index = index * 10 + (size_t)(*s - '0');
	if (*s != ']')
		return false;
	*ret = (struct path_part){ .is_index = true, .index = index };
	*rest = s + 1;
	return true;
}

bool path_next(const char **rest, struct path_part *ret)
{
	const char *s = *rest;
	size_t len;

	if (strncmp(s, "[\"", 2) == 0)
		return read_key(rest, ret);
	if (*s == '[')
		return read_index(rest, ret);
	if (*s == '.')
		s++;
	len = strcspn(s, ".[");
	if (!len)
		return false;
	*ret = (struct path_part){ .name = s, .len = len };
	*rest = s + len;
	return true;
}
