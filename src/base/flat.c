/* SPDX-License-Identifier: Apache-2.0 */
/* Builds flat memory; see flat.h. */
#include "base/flat.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAT_ALIGN 8u

void flat_init(struct flat *f, size_t reserve)
{
	*f = (struct flat){ 0 };
	flat_add(f, NULL, reserve ? reserve : FLAT_ALIGN);
}

void flat_done(struct flat *f)
{
	free(f->data);
	*f = (struct flat){ 0 };
}

int flat_failed(const struct flat *f)
{
	return f->failed;
}

/* Make room for `size` more bytes beyond an aligned end. */
static int grow(struct flat *f, size_t size)
{
	size_t need = f->len + FLAT_ALIGN + size;
	size_t cap = f->cap ? f->cap : 16384;
	char *data;

	if (size > FLAT_MAX || need > FLAT_MAX)
		return -E2BIG;
	if (need <= f->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	data = realloc(f->data, cap);
	if (!data)
		return -ENOMEM;
	f->data = data;
	f->cap = cap;
	return 0;
}

static uint32_t append(struct flat *f, const void *data, size_t size, size_t align)
{
	size_t at;

	if (f->failed)
		return 0;
	f->failed = grow(f, size);
	if (f->failed)
		return 0;
	at = (f->len + align - 1) & ~(align - 1);
	memset(f->data + f->len, 0, at - f->len);
	if (data)
		memcpy(f->data + at, data, size);
	else
		memset(f->data + at, 0, size);
	f->len = at + size;
	return (uint32_t)at;
}

uint32_t flat_add(struct flat *f, const void *data, size_t size)
{
	return append(f, data, size, FLAT_ALIGN);
}

flat_str flat_add_str(struct flat *f, const char *s)
{
	return s ? append(f, s, strlen(s) + 1, 1) : 0;
}

flat_str flat_add_fmt(struct flat *f, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;
	flat_str s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		f->failed = f->failed ? f->failed : -ENOMEM;
		return 0;
	}
	s = flat_add_str(f, text);
	free(text);
	return s;
}

struct flat_list flat_add_list(struct flat *f, const void *elements, size_t n, size_t size)
{
	struct flat_list l = { 0 };

	if (!n)
		return l;
	if (n > FLAT_MAX / size) {
		f->failed = f->failed ? f->failed : -E2BIG;
		return l;
	}
	l.off = flat_add(f, elements, n * size);
	l.n = f->failed ? 0 : (uint32_t)n;
	return l;
}

struct flat_list flat_add_strs(struct flat *f, char *const *strings, size_t n)
{
	struct flat_list l = flat_add_list(f, NULL, n, sizeof(flat_str));

	for (size_t i = 0; i < n; i++) {
		flat_str s = flat_add_str(f, strings[i]);

		if (!f->failed)
			((flat_str *)flat_ptr(f, l.off))[i] = s;
	}
	return l;
}
