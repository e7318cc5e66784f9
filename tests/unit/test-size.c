/* SPDX-License-Identifier: Apache-2.0 */
/* cli/size.h: what is a size, and how much. */
#include "cli/size.h"
#include "tap.h"

#include <errno.h>

static void test_sizes(void)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "-1", -1 },
		{ "4096", 4096 },
		{ "007", 7 },
		{ "9223372036854775807", INT64_MAX },
		{ "512b", 512 },
		{ "512B", 512 },
		{ "1k", 1024 },
		{ "1K", 1024 },
		{ "1kb", 1024 },
		{ "1KiB", 1024 },
		{ "1kIb", 1024 },
		{ "512m", 512 << 20 },
		{ "512M", 512 << 20 },
		{ "512mb", 512 << 20 },
		{ "512MiB", 512 << 20 },
		{ "512 MiB", 512 << 20 },
		{ "3g", 3LL << 30 },
		{ "2T", 2LL << 40 },
		{ "7p", 7LL << 50 },
		{ "8191p", 8191LL << 50 },
		{ "8191.9999999999999999p", INT64_MAX },
		{ "8388607.999999999999999999t", INT64_MAX },
		{ "1.5g", 1610612736 },
		{ "1.50G", 1610612736 },
		{ "0.5k", 512 },
		{ "0.1k", 102 }, /* and 0.4 of a byte */
		{ "1.9", 1 },
		{ "1.0000000001p", (1LL << 50) + 112589 },
		{ "0.0009765625k", 1 },
		{ "0.00097656249k", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t got = -77;

		is_int(size_parse(rows[i].text, &got), 0, "\"%s\"", rows[i].text);
		is_int(got, rows[i].want, "  bytes");
	}
}

static void test_mistakes(void)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ "9223372036854775808", -ERANGE },
		{ "18446744073709551615", -ERANGE },
		{ "18446744073709551616", -ERANGE },
		{ "100000000000000000000000000000000000000000", -ERANGE },
		{ "8192p", -ERANGE },
		{ "16384p", -ERANGE },
		{ "9007199254740992k", -ERANGE },
		{ "", -EINVAL },
		{ " ", -EINVAL },
		{ "m", -EINVAL },
		{ "1.", -EINVAL },
		{ "1.m", -EINVAL },
		{ ".5g", -EINVAL },
		{ "1.2.3", -EINVAL },
		{ "1,5g", -EINVAL },
		{ "-2", -EINVAL },
		{ "-1m", -EINVAL },
		{ "-0", -EINVAL },
		{ "--1", -EINVAL },
		{ "+1", -EINVAL },
		{ " 1", -EINVAL },
		{ "1 ", -EINVAL },
		{ "1  m", -EINVAL },
		{ "1m ", -EINVAL },
		{ "1x", -EINVAL },
		{ "1mi", -EINVAL },
		{ "1mm", -EINVAL },
		{ "1bb", -EINVAL },
		{ "1bib", -EINVAL },
		{ "1mibb", -EINVAL },
		{ "0x10", -EINVAL },
		{ "1e3", -EINVAL },
		{ "max", -EINVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t got = -77;

		is_int(size_parse(rows[i].text, &got), rows[i].want, "\"%s\"", rows[i].text);
		is_int(got, -77, "  leaves the result alone");
	}
}

int main(void)
{
	test_sizes();
	test_mistakes();
	return tap_done();
}
