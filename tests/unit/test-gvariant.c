/* SPDX-License-Identifier: Apache-2.0 */
/* Values of annotations in GVariant's text format. Needs no privilege. */
#include "cgroup/systemd/unit.h"
#include "tests/unit/tap.h"

#include <inttypes.h>
#include <stdlib.h>

/* "t7": the kind and the value; strings of a list are parted by |. */
static const char *text_of(const struct systemd_property *p, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%c", p->kind);

	if (!p->size)
		snprintf(buf + at, size - at, "%" PRId64, (int64_t)p->number);
	for (size_t i = 0; p->size && i < p->size - 1; i++)
		at += (size_t)snprintf(buf + at, size - at, "%c", p->data[i] ? p->data[i] : '|');
	return buf;
}

/* An annotation's value as a property, or the error. */
static void test_value(const char *value, const char *want)
{
	struct systemd_property p = { .name = "X" };
	struct rl_err e = RL_ERR_INIT;
	char buf[1024];
	int r = gvariant_parse(value, "k", &p, &e);

	is_str(r == 0 ? text_of(&p, buf, sizeof(buf)) : rl_err_line(&e, buf, sizeof(buf)), want,
	       "value %s", value);
	free((char *)(uintptr_t)p.data);
}

#define NO(value, why) test_value(value, "config.json: k: \"" value "\" " why)

static void test_values(void)
{
	test_value("true", "b1");
	test_value(" false ", "b0");
	test_value("'inactive-or-failed'", "sinactive-or-failed");
	test_value("\"it's\"", "sit's");
	test_value("'it\\'s \\\\'", "sit's \\");
	test_value("''", "s");
	test_value("['a.service', \"b\"]", "Sa.service|b");
	test_value("['a' ]", "Sa");
	test_value("5", "i5");
	test_value("-2147483648", "i-2147483648");
	test_value("0x10", "i16");
	test_value("byte 255", "y255");
	test_value("int16 -1", "n-1");
	test_value("uint16 65535", "q65535");
	test_value("uint32 4294967295", "u4294967295");
	test_value("int64 -9223372036854775808", "x-9223372036854775808");
	test_value("uint64 18446744073709551615", "t-1");
	test_value("uint64 7000000", "t7000000");
	NO("2147483648", "is beyond the range of int32");
	NO("uint32 -1", "is beyond the range of uint32");
	NO("byte 256", "is beyond the range of byte");
	NO("uint64 18446744073709551616", "is beyond the range of uint64");
	NO("int64 -9223372036854775809", "is beyond the range of int64");
	NO("", "is no value");
	NO("word", "is no value that a property can have");
	NO("5 6", "goes on behind its value");
	NO("5.5", "is no whole number");
	NO("'open", "lacks the quote at the end of a string");
	NO("'a\\", "has a \\ before something else than \\, ' or \"");
	NO("'a\\n'", "has a \\ before something else than \\, ' or \"");
	NO("[]", "is an array without elements, which has no type");
	NO("[1]", "is an array of something else than strings");
	NO("['a' 'b']", "lacks a comma or the ] at the end of the array");
	NO("['a'", "lacks a comma or the ] at the end of the array");
	NO("['a',]", "is an array of something else than strings");
	NO("@as []", "has a type that no property of a scope needs");
	NO("(1, 2)", "has a type that no property of a scope needs");
	NO("<5>", "has a type that no property of a scope needs");
	NO("truely", "is no value that a property can have");
	NO("uint64", "is no value that a property can have");
}

int main(void)
{
	test_values();
	return tap_done();
}
