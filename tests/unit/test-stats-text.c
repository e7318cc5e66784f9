/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup/stats/stats-text.h: the texts of cgroup files, and texts that are none. */
#include "cgroup/stats/stats-text.h"

#include "tap.h"

#include <stdlib.h>

static void test_numbers(void)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t want;
	} rows[] = {
		{ "0\n", true, 0 },
		{ "67108864\n", true, 67108864 },
		{ "67108864", true, 67108864 },
		{ "18446744073709551615\n", true, UINT64_MAX },
		{ "max\n", true, UINT64_MAX },
		{ "max", true, UINT64_MAX },
		{ "18446744073709551616\n", false, 0 },
		{ "99999999999999999999999999\n", false, 0 },
		{ "-1\n", false, 0 },
		{ "+1\n", false, 0 },
		{ " 1\n", false, 0 },
		{ "1 \n", false, 0 },
		{ "1\n2\n", false, 0 },
		{ "0x1f\n", false, 0 },
		{ "maximum\n", false, 0 },
		{ "ma", false, 0 },
		{ "", false, 0 },
		{ "\n", false, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t n = 42;

		is_int(stats_text_number(rows[i].text, &n), rows[i].good, "number, row %zu", i);
		is_int(n, rows[i].good ? rows[i].want : 42, "  its value");
	}
}

static void test_signed(void)
{
	static const struct {
		const char *text;
		bool good;
		int64_t want;
	} rows[] = {
		{ "-1\n", true, -1 },
		{ "1\n", true, 1 },
		{ "0", true, 0 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "--1", false, 0 },
		{ "-", false, 0 },
		{ "", false, 0 },
		{ "max", false, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t n = 42;

		is_int(stats_text_signed(rows[i].text, &n), rows[i].good, "signed, row %zu", i);
		is_int(n, rows[i].good ? rows[i].want : 42, "  its value");
	}
}

static void test_values(void)
{
	static const char text[] = "low 0\nhigh 7\noom_kill_disable 1\noom_kill 3\nbad x\nneg -1\n"
				   "huge 99999999999999999999\nempty\nlast 9";
	static const struct {
		const char *key;
		bool good;
		uint64_t want;
	} rows[] = {
		{ "low", true, 0 },   { "high", true, 7 },   { "oom_kill", true, 3 },
		{ "last", true, 9 },  { "oom", false, 0 },   { "bad", false, 0 },
		{ "neg", false, 0 },  { "huge", false, 0 },  { "empty", false, 0 },
		{ "none", false, 0 }, { "low 0", false, 0 }, { "igh", false, 0 },
	};
	uint64_t n = 42;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = 42;
		is_int(stats_text_value(text, rows[i].key, &n), rows[i].good, "the key %s",
		       rows[i].key);
		is_int(n, rows[i].good ? rows[i].want : 42, "  its value");
	}
	ok(!stats_text_value("", "low", &n), "an empty file has no keys");
	ok(!stats_text_value("\n\n", "low", &n), "nor has one of empty lines");
	ok(stats_text_value("\n\nlow 5\n", "low", &n) && n == 5, "which do no harm");
}

/* The pairs, as "key=number ". */
static void pairs_of(const char *from, char *ret, size_t size)
{
	char *text = strdup(from), *rest = text;
	const char *key;
	uint64_t n;

	*ret = 0;
	while (stats_text_pair(&rest, &key, &n))
		snprintf(ret + strlen(ret), size - strlen(ret), "%s=%llu ", key,
			 (unsigned long long)n);
	free(text);
}

static void test_pairs(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "anon 106496\nfile 0\n", "anon=106496 file=0 " },
		{ "anon 1\n\nbad\nworse x\nworst 1 2\nfile 2", "anon=1 file=2 " },
		{ "limit max\n", "limit=18446744073709551615 " },
		{ "", "" },
		{ "\n", "" },
		{ " ", "" },
	};
	char got[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pairs_of(rows[i].text, got, sizeof(got));
		is_str(got, rows[i].want, "pairs, row %zu", i);
	}
}

static void test_devices(void)
{
	static const struct {
		const char *line;
		bool good;
	} rows[] = {
		{ "259:7 Read 1", true },
		{ "259:7", true },
		{ "Total 5", false },
		{ "259 Read 1", false },
		{ "259: 1", false },
		{ ":7 1", false },
		{ "259:7x 1", false },
		{ "", false },
		{ "99999999999999999999:1 1", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = strdup(rows[i].line), *rest = line;
		uint64_t major = 0, minor = 0;

		is_int(stats_text_device(&rest, &major, &minor), rows[i].good, "device, row %zu",
		       i);
		if (rows[i].good)
			ok(major == 259 && minor == 7, "  its numbers");
		free(line);
	}
}

static void test_assigned(void)
{
	uint64_t n = 0;

	ok(stats_text_assigned("rbytes=708608", "rbytes", &n) && n == 708608, "a word");
	ok(stats_text_assigned("hca_object=max", "hca_object", &n) && n == UINT64_MAX, "no limit");
	ok(!stats_text_assigned("rbytes", "rbytes", &n), "no number");
	ok(!stats_text_assigned("rbytes=", "rbytes", &n), "an empty one");
	ok(!stats_text_assigned("rbytes=1", "bytes", &n), "another key");
	ok(!stats_text_assigned("rbytes=1", "rbyte", &n), "a shorter one");
}

static void test_ranges(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "0-3,7\n", "0-3 7-7 " },
		{ "0\n", "0-0 " },
		{ "0-1", "0-1 " },
		{ "\n", "" },
		{ "", "" },
		{ "65535", "65535-65535 " },
		{ "0-65536", "" },
		{ "0-99999999999999999999", "" },
		{ "0-4294967295\n", "" },
		{ "3-1", "" },
		{ "1,,2", "1-1 " },
		{ "1,x", "1-1 " },
		{ "1-", "" },
		{ "-1", "" },
		{ "1 2", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *list = rows[i].text;
		char got[128] = "";
		uint32_t first, last;

		while (stats_text_range(&list, &first, &last))
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u-%u ", first,
				 last);
		is_str(got, rows[i].want, "ranges, row %zu", i);
	}
}

#define SOME "some avg10=0.75 avg60=12.00 avg300=100.00 total=675992\n"
#define FULL "full avg10=0.01 avg60=0.00 avg300=0.00 total=18446744073709551615\n"

static void test_pressure(void)
{
	static const char *const bad[] = {
		"",
		"\n",
		"some\n",
		"some \n",
		"something avg10=0.75 avg60=0.00 avg300=0.00 total=1\n",
		"some avg10=0.75 avg60=0.00 avg300=0.00\n",
		"some avg10=0.75 avg60=0.00 avg300=0.00 total=\n",
		"some avg10=0.75 avg60=0.00 avg300=0.00 total=1x\n",
		"some avg10=0.7 avg60=0.00 avg300=0.00 total=1\n",
		"some avg10=1 avg60=0.00 avg300=0.00 total=1\n",
		"some avg10=.75 avg60=0.00 avg300=0.00 total=1\n",
		"some avg10=99999999999.00 avg60=0.00 avg300=0.00 total=1\n",
		"some avg60=0.75 avg10=0.00 avg300=0.00 total=1\n",
	};
	struct stats_pressure p;

	ok(stats_text_pressure(SOME FULL, "some", &p), "the first line");
	ok(p.avg10 == 75 && p.avg60 == 1200 && p.avg300 == 10000 && p.total == 675992,
	   "its numbers");
	ok(stats_text_pressure(SOME FULL, "full", &p), "the second line");
	ok(p.avg10 == 1 && p.total == UINT64_MAX, "its numbers");
	ok(!stats_text_pressure(SOME, "full", &p), "a second line that is not there");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!stats_text_pressure(bad[i], "some", &p), "no pressure, row %zu", i);
}

/* A mebibyte of anything is read to its end, and once. */
static void test_huge(void)
{
	size_t size = 1 << 20;
	char *text = malloc(size + 1);
	struct stats_pressure p;
	char *rest = text;
	uint64_t n = 0;
	size_t lines = 0;

	for (size_t i = 0; i < size; i++)
		text[i] = "x 1\n"[i % 4];
	text[size] = 0;
	ok(!stats_text_value(text, "y", &n), "a key that is not in a huge file");
	ok(!stats_text_pressure(text, "some", &p), "nor is pressure");
	while (stats_text_line(&rest))
		lines++;
	is_int(lines, size / 4, "its lines");
	free(text);
}

int main(void)
{
	test_numbers();
	test_signed();
	test_values();
	test_pairs();
	test_devices();
	test_assigned();
	test_ranges();
	test_pressure();
	test_huge();
	return tap_done();
}
