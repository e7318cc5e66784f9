/* SPDX-License-Identifier: Apache-2.0 */
/* cli/duration.h: what is a length of time, and what is none. */
#include "cli/duration.h"

#include "tap.h"

#include <errno.h>

static void test_good(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{ "5", 5000000000 },
		{ "0", 0 },
		{ "5s", 5000000000 },
		{ "+5s", 5000000000 },
		{ "1m30s", 90000000000 },
		{ "1h2m3s4ms5us6ns", 3723004005006 },
		{ "500ms", 500000000 },
		{ "1.5h", 5400000000000 },
		{ ".5s", 500000000 },
		{ "1.s", 1000000000 },
		{ "0.000001s", 1000 },
		{ "1.0000009s", 1000000000 },
		{ "7\u00b5s", 7000 },
		{ "7\u03bcs", 7000 },
		{ "0s", 0 },
		{ "1ns", 1 },
		{ "1.999999h", 7199996400000 },
		{ "9223372036854775807ns", INT64_MAX },
		{ "2562047h", 2562047 * 3600000000000ull },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 42;

		is_int(duration_parse(rows[i].text, &ns), 0, "\"%s\" is a duration", rows[i].text);
		is_int(ns, rows[i].ns, "  of this length");
	}
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		int error;
	} rows[] = {
		{ "", -EINVAL },
		{ "+", -EINVAL },
		{ "s", -EINVAL },
		{ ".s", -EINVAL },
		{ "1.5", -EINVAL },
		{ "5 s", -EINVAL },
		{ "5s ", -EINVAL },
		{ "5S", -EINVAL },
		{ "5d", -EINVAL },
		{ "1.2.3s", -EINVAL },
		{ "5s5", -EINVAL },
		{ "5se", -EINVAL },
		{ "1e3s", -EINVAL },
		{ "0x5s", -EINVAL },
		{ "-1s", -ERANGE },
		{ "-", -ERANGE },
		{ "2562048h", -ERANGE },
		{ "9223372036854775808ns", -ERANGE },
		{ "99999999999999999999s", -ERANGE },
		{ "99999999999999999999999999999999999999999999", -ERANGE },
		{ "9000000000s9000000000s", -ERANGE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 42;

		is_int(duration_parse(rows[i].text, &ns), rows[i].error, "\"%s\" is none",
		       rows[i].text);
		is_int(ns, 42, "  and nothing is returned");
	}
}

int main(void)
{
	test_good();
	test_bad();
	return tap_done();
}
