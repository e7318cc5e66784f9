/* SPDX-License-Identifier: Apache-2.0 */
/* spec/id.h: names that are allowed and names that are not. */
#include "spec/id.h"

#include "base/log.h"
#include "capture.h"
#include "tap.h"

#include <errno.h>

/* The error as the user reads it, on a standard error that is no terminal. */
static const char *line_of(const struct rl_err *e)
{
	capture(memory_file());
	log_error(e, NULL);
	return captured_text();
}

static void test_good(void)
{
	static const char *const good[] = { "a", "0", "-a", "_", "+", "web-1.2_x+Y", "a..b", "a." };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct rl_err e = RL_ERR_INIT;

		is_int(id_check(good[i], &e), 0, "\"%s\" is allowed", good[i]);
	}
}

static void test_bad(void)
{
	static const char *const bad[] = { "",    ".",   "..",       ".a", "a/b", "/",    "../a",
					   "a b", "a\n", "\xc3\xbc", "a*", "a:b", "a\x7f" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rl_err e = RL_ERR_INIT;
		const char *line;

		is_int(id_check(bad[i], &e), -EINVAL, "bad name %zu is refused", i);
		line = line_of(&e);
		ok(strstr(line, "invalid container ID"), "and the message says so");
		ok(strchr(line, '\n') == line + strlen(line) - 1, "in one line");
	}
}

/* A name of a directory is no longer (NAME_MAX), and the id is one. */
static void test_length(void)
{
	char id[1026];

	for (size_t len = 254; len <= 1025; len += len < 257 ? 1 : 768) {
		struct rl_err e = RL_ERR_INIT;

		memset(id, 'x', sizeof(id));
		id[len] = 0;
		is_int(id_check(id, &e), len > 255 ? -EINVAL : 0, "%zu characters", len);
		if (len > 255)
			ok(strstr(e.what, "at most 255"), "the limit is told: %s", e.what);
	}
}

int main(void)
{
	test_good();
	test_bad();
	test_length();
	return tap_done();
}
