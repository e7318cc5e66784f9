/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a rundlet of musl with Debian's libyajl_s.a and libseccomp.a (`./dev static musl`). Those
 * were compiled for glibc with _FORTIFY_SOURCE, and call what that makes of a few functions: Linux
 * Standard Base, "Interface Definitions for libc". The flag is about %n, which they do not use.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *to, const void *from, size_t n, size_t size);
int __sprintf_chk(char *to, int flag, size_t size, const char *format, ...);
int __snprintf_chk(char *to, size_t n, int flag, size_t size, const char *format, ...);
int __fprintf_chk(FILE *out, int flag, const char *format, ...);

void *__memcpy_chk(void *to, const void *from, size_t n, size_t size)
{
	if (n > size)
		abort();
	return memcpy(to, from, n);
}

static int print_chk(char *to, size_t n, size_t size, const char *format, va_list args)
{
	if (n > size)
		abort();
	return vsnprintf(to, n, format, args);
}

int __sprintf_chk(char *to, int flag, size_t size, const char *format, ...)
{
	va_list args;
	int r;

	(void)flag;
	va_start(args, format);
	r = print_chk(to, size > INT_MAX ? INT_MAX : size, size, format, args);
	va_end(args);
	if (r >= 0 && (size_t)r >= size)
		abort();
	return r;
}

int __snprintf_chk(char *to, size_t n, int flag, size_t size, const char *format, ...)
{
	va_list args;
	int r;

	(void)flag;
	va_start(args, format);
	r = print_chk(to, n, size, format, args);
	va_end(args);
	return r;
}

int __fprintf_chk(FILE *out, int flag, const char *format, ...)
{
	va_list args;
	int r;

	(void)flag;
	va_start(args, format);
	r = vfprintf(out, format, args);
	va_end(args);
	return r;
}
