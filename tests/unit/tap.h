/* SPDX-License-Identifier: Apache-2.0 */
/* The Test Anything Protocol for unit tests: one program per module, run by prove. */
#ifndef RL_TESTS_TAP_H
#define RL_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 4, 5), unused)) static bool tap_check(bool ok, const char *file,
								    int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", ok ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!ok) {
		tap_failed++;
		printf("#   at %s:%d\n", file, line);
	}
	fflush(stdout);
	return ok;
}

/* ok(condition, "what is true", ...) */
#define ok(cond, ...) tap_check((cond), __FILE__, __LINE__, __VA_ARGS__)

/* is_str(got, expected, "what") prints both when they differ; NULL is a value of its own. */
#define is_str(got, want, ...)                                                        \
	do {                                                                          \
		const char *g_ = (got), *w_ = (want);                                 \
		if (!ok((!g_ && !w_) || (g_ && w_ && !strcmp(g_, w_)), __VA_ARGS__))  \
			printf("#   got: %s\n#   expected: %s\n", g_ ? g_ : "(null)", \
			       w_ ? w_ : "(null)");                                   \
	} while (0)

#define is_int(got, want, ...)                                                 \
	do {                                                                   \
		long long g_ = (long long)(got), w_ = (long long)(want);       \
		if (!ok(g_ == w_, __VA_ARGS__))                                \
			printf("#   got: %lld\n#   expected: %lld\n", g_, w_); \
	} while (0)

/* A test that cannot be run here: the reason is part of the verdict. */
#define skip(...)                                     \
	do {                                          \
		printf("ok %d # SKIP ", ++tap_count); \
		printf(__VA_ARGS__);                  \
		printf("\n");                         \
	} while (0)

/* return tap_done() from main(). */
__attribute__((unused)) static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
