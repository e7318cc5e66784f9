/* SPDX-License-Identifier: Apache-2.0 */
/* base/report.h and base/escape.h: the same tree as text, as JSON and as JSON on one line. */
#include "base/auto.h"
#include "base/escape.h"
#include "base/report.h"
#include "tap.h"

#include <stdlib.h>

/* A tree with every kind of node in every place. */
static void write_tree(struct report *r)
{
	report_str(r, "name", "web");
	report_str(r, "absent", NULL);
	report_u64(r, "big", UINT64_MAX);
	report_i64(r, "small", INT64_MIN);
	report_bool(r, "yes", true);
	report_bool(r, "no", false);
	report_hundredths(r, "part", 1207);
	report_null(r, "nothing");
	report_fmt(r, "made", "%d of %d", 3, 4);
	report_object(r, "empty object");
	report_close(r);
	report_list(r, "empty list");
	report_close(r);
	report_list(r, "words");
	report_str(r, NULL, "a");
	report_str(r, NULL, NULL);
	report_u64(r, NULL, 7);
	report_bool(r, NULL, true);
	report_close(r);
	report_list(r, "mounts");
	report_object(r, NULL);
	report_str(r, "dest", "/proc");
	report_list(r, "options");
	report_str(r, NULL, "ro");
	report_close(r);
	report_close(r);
	report_object(r, NULL);
	report_object(r, "first");
	report_str(r, "x", "1");
	report_close(r);
	report_str(r, "dest", "/sys");
	report_close(r);
	report_object(r, NULL);
	report_close(r);
	report_list(r, NULL);
	report_list(r, NULL);
	report_str(r, NULL, "deep");
	report_str(r, NULL, "deeper");
	report_close(r);
	report_list(r, NULL);
	report_close(r);
	report_close(r);
	report_close(r);
}

static const char tree_text[] = "name: web\n"
				"big: 18446744073709551615\n"
				"small: -9223372036854775808\n"
				"yes: yes\n"
				"no: no\n"
				"part: 12.07\n"
				"nothing: (none)\n"
				"made: 3 of 4\n"
				"empty object: (none)\n"
				"empty list: (none)\n"
				"words:\n"
				"  - a\n"
				"  - 7\n"
				"  - yes\n"
				"mounts:\n"
				"  - dest: /proc\n"
				"    options:\n"
				"      - ro\n"
				"  - first:\n"
				"      x: 1\n"
				"    dest: /sys\n"
				"  - (none)\n"
				"  - - - deep\n"
				"      - deeper\n"
				"    - (none)\n";

static const char tree_json[] = "{\n"
				"  \"name\": \"web\",\n"
				"  \"big\": 18446744073709551615,\n"
				"  \"small\": -9223372036854775808,\n"
				"  \"yes\": true,\n"
				"  \"no\": false,\n"
				"  \"part\": 12.07,\n"
				"  \"nothing\": null,\n"
				"  \"made\": \"3 of 4\",\n"
				"  \"empty object\": {},\n"
				"  \"empty list\": [],\n"
				"  \"words\": [\n"
				"    \"a\",\n"
				"    7,\n"
				"    true\n"
				"  ],\n"
				"  \"mounts\": [\n"
				"    {\n"
				"      \"dest\": \"/proc\",\n"
				"      \"options\": [\n"
				"        \"ro\"\n"
				"      ]\n"
				"    },\n"
				"    {\n"
				"      \"first\": {\n"
				"        \"x\": \"1\"\n"
				"      },\n"
				"      \"dest\": \"/sys\"\n"
				"    },\n"
				"    {},\n"
				"    [\n"
				"      [\n"
				"        \"deep\",\n"
				"        \"deeper\"\n"
				"      ],\n"
				"      []\n"
				"    ]\n"
				"  ]\n"
				"}\n";

static const char tree_line[] =
	"{\"name\":\"web\",\"big\":18446744073709551615,\"small\":-9223372036854775808,"
	"\"yes\":true,\"no\":false,\"part\":12.07,\"nothing\":null,\"made\":\"3 of 4\",\"empty object\":{},\"empty list\":[],"
	"\"words\":[\"a\",7,true],"
	"\"mounts\":[{\"dest\":\"/proc\",\"options\":[\"ro\"]},"
	"{\"first\":{\"x\":\"1\"},\"dest\":\"/sys\"},"
	"{},[[\"deep\",\"deeper\"],[]]]}\n";

static void check_tree(enum report_format format, const char *want, const char *name)
{
	rl_autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct report r;

	report_begin(&r, out, format);
	write_tree(&r);
	report_end(&r);
	fclose(out);
	is_str(text, want, "the tree as %s", name);
}

/* The document is one value, or a list of one. */
static void check_value(enum report_format format, const char *value, const char *want,
			const char *name)
{
	rl_autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct report r;

	report_begin(&r, out, format);
	report_str(&r, "k", value);
	report_end(&r);
	fclose(out);
	is_str(text, want, "%s", name);
}

static void check_lists(void)
{
	static const char *const want[] = { "- a\n", "[\n  \"a\"\n]\n", "[\"a\"]\n" };
	static const char *const want_empty[] = { "", "[]\n", "[]\n" };

	for (int format = REPORT_TEXT; format <= REPORT_JSON_LINE; format++)
		for (int n = 0; n < 2; n++) {
			rl_autofree char *text = NULL;
			size_t len;
			FILE *out = open_memstream(&text, &len);
			struct report r;

			report_begin_list(&r, out, (enum report_format)format);
			if (n)
				report_str(&r, NULL, "a");
			report_end(&r);
			fclose(out);
			is_str(text, (n ? want : want_empty)[format], "a list of %d, format %d", n,
			       format);
		}
}

static void check_text(const char *s, const char *want, bool plain)
{
	rl_autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	escape_text(out, s);
	fclose(out);
	is_str(text, want, "safe on a terminal");
	ok(escape_is_plain(s) == plain, "it is%s plain", plain ? "" : " not");
}

int main(void)
{
	check_tree(REPORT_TEXT, tree_text, "text");
	check_tree(REPORT_JSON, tree_json, "JSON");
	check_tree(REPORT_JSON_LINE, tree_line, "JSON on one line");
	check_lists();

	check_value(REPORT_JSON_LINE, "a\"b\\c/d", "{\"k\":\"a\\\"b\\\\c/d\"}\n", "JSON: quotes");
	check_value(REPORT_JSON_LINE, "\x01\b\f\n\r\t\x1f\x7f",
		    "{\"k\":\"\\u0001\\b\\f\\n\\r\\t\\u001f\\u007f\"}\n",
		    "JSON: control characters");
	check_value(REPORT_JSON_LINE, "\u00fc\u20ac\U0001f600",
		    "{\"k\":\"\u00fc\u20ac\U0001f600\"}\n", "JSON: UTF-8 stays");
	check_value(REPORT_JSON_LINE, "\xc2\x9b", "{\"k\":\"\\u009b\"}\n",
		    "JSON: a C1 control character");
	check_value(REPORT_JSON_LINE,
		    "a\xff"
		    "b\xc3",
		    "{\"k\":\"a\\ufffdb\\ufffd\"}\n", "JSON: no UTF-8");
	check_value(REPORT_JSON_LINE, "\xc0\xaf", "{\"k\":\"\\ufffd\\ufffd\"}\n",
		    "JSON: overlong UTF-8");
	check_value(REPORT_JSON_LINE, "\xed\xa0\x80", "{\"k\":\"\\ufffd\\ufffd\\ufffd\"}\n",
		    "JSON: a surrogate");
	check_value(REPORT_JSON_LINE, "\xf4\x90\x80\x80",
		    "{\"k\":\"\\ufffd\\ufffd\\ufffd\\ufffd\"}\n", "JSON: above U+10FFFF");
	check_value(REPORT_JSON_LINE, "\xe2\x82", "{\"k\":\"\\ufffd\\ufffd\"}\n",
		    "JSON: a sequence cut off");

	check_value(REPORT_TEXT, "", "k: \"\"\n", "text: an empty value is visible");
	check_value(REPORT_TEXT, " a", "k: \" a\"\n", "text: a space in front is visible");
	check_value(REPORT_TEXT, "a ", "k: \"a \"\n", "text: a space behind is visible");
	check_value(REPORT_TEXT, "a b", "k: a b\n", "text: a space between is ordinary");
	check_value(REPORT_TEXT, "a\nb", "k: \"a\\nb\"\n", "text: a value stays on its line");

	check_text("plain \u00fc", "plain \u00fc", true);
	check_text("\x1b[31mred\n", "\\x1b[31mred\\n", false);
	check_text("\xc2\x9b", "\\xc2\\x9b", false);
	check_text("\xff", "\\xff", false);
	return tap_done();
}
