/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of process/subid-plan.c: the ids of a user in /etc/subuid, and his name in /etc/passwd. */
#include "process/subid.h"
#include "tap.h"

#include <stdlib.h>

static struct subid parse(const char *text)
{
	struct subid ids = { 0 };

	subid_parse(text, "joe", 1000, 1000, &ids);
	return ids;
}

static void is_range(const struct subid *ids, size_t at, uint32_t first, uint32_t count)
{
	ok(at < ids->n && ids->ranges[at].first == first && ids->ranges[at].count == count,
	   "range %zu is %u and %u ids", at, first, count);
}

static void test_names_and_numbers(void)
{
	struct subid ids = parse("jim:1:1000\njoe:100000:65536\n1000:300000:5\nbob:7:7\n"
				 "joe:400000:1");

	ok(ids.n == 3, "the ranges by name and by number, also without a newline at the end");
	is_range(&ids, 0, 100000, 65536);
	is_range(&ids, 1, 300000, 5);
	is_range(&ids, 2, 400000, 1);
	ids = (struct subid){ 0 };
	subid_parse("joe:5:5\n1000:50:5\n", NULL, 1000, 1, &ids);
	ok(ids.n == 1 && ids.ranges[0].first == 50, "without a name the number is left");
}

static void test_malformed(void)
{
	static const char *const bad[] = {
		"",
		"\n\n",
		"joe",
		"joe:",
		"joe::",
		"joe:1",
		"joe:1:",
		"joe::1",
		"joe:a:1",
		"joe:1:b",
		"joe:1:2:3",
		"joe:-1:2",
		"joe: 1:2",
		"joe:1:0",
		"joe:4294967295:1",
		"joe:4294967294:2",
		"joe:1:4294967296",
		"joe:99999999999999999999:1",
		"joe:0x10:1",
		"#joe:1:1",
		":1:1",
		"joe2:1:1",
		"jo:1:1",
		"01000x:1:1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct subid ids = parse(bad[i]);

		ok(ids.n == 0, "no range: \"%s\"", bad[i]);
	}
}

static void test_edges(void)
{
	struct subid ids = parse("joe:4294967294:1\njoe:0:1000\n");

	ok(ids.n == 2, "the first and the last id");
	ids = parse("joe:500:501\njoe:1000:1\njoe:2000:10\njoe:2009:1\njoe:1990:11\njoe:1990:10\n");
	ok(ids.n == 2, "not the own id, nor what is taken already");
	is_range(&ids, 0, 2000, 10);
	is_range(&ids, 1, 1990, 10);
}

static void test_many(void)
{
	char *text = calloc(1, 65536);
	struct subid ids;

	for (int i = 0; i < 1000 && text; i++)
		sprintf(text + strlen(text), "joe:%d:5\n", 10000 + i * 10);
	ids = parse(text ? text : "");
	ok(ids.n == SUBID_MAX, "at most %d", SUBID_MAX);
	is_range(&ids, SUBID_MAX - 1, 10000 + (SUBID_MAX - 1) * 10, 5);
	free(text);
}

static void test_user(void)
{
	static const char passwd[] =
		"root:x:0:0::/:/bin/sh\n::1000:::\nbad:x:1000\n\njoe:x:1000:5::/:\n"
		"joe2:x:1000:5::/:\nx:y:-1:1\nlast:x:7";
	char buf[8];

	ok(subid_user(passwd, 0, buf, sizeof(buf)), "the first");
	is_str(buf, "root", "by name");
	ok(subid_user(passwd, 1000, buf, sizeof(buf)), "one with short lines before it");
	is_str(buf, "bad", "the first that has a name");
	ok(subid_user(passwd, 7, buf, sizeof(buf)), "the last, without a newline");
	is_str(buf, "last", "by name");
	ok(!subid_user(passwd, 8, buf, sizeof(buf)), "nobody has it");
	ok(!subid_user(passwd, 0, buf, 4), "a name that does not fit");
	ok(!subid_user("", 0, buf, sizeof(buf)), "an empty file");
}

int main(void)
{
	test_names_and_numbers();
	test_malformed();
	test_edges();
	test_many();
	test_user();
	return tap_done();
}
