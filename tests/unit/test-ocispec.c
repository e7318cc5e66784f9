/* SPDX-License-Identifier: Apache-2.0 */
/* libocispec/ocispec.h: what decodes, and what is refused, with its key, line and column. */
#include "libocispec/ocispec.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

static int load(const struct oci_table *t, const char *text, struct oci_doc *doc,
		struct oci_error *err)
{
	return oci_load(t, text, strlen(text), doc, err);
}

/* A document that must be refused, and how. `message` is a part of it. */
struct refusal {
	const char *text;
	const char *key;
	int line, column;
	const char *message;
};

#define VERSION "\"ociVersion\": \"1.3.0\""

static const struct refusal refusals[] = {
	/* types */
	{ "[]", "", 1, 1, "must be an object, not an array" },
	{ "12", "", 1, 1, "must be an object, not a number" },
	{ "null", "", 1, 1, "must be an object, not null" },
	{ "{\n \"ociVersion\": 1}", "ociVersion", 2, 16, "must be a string, not a number" },
	{ "{" VERSION ",\n\"mounts\": {}}", "mounts", 2, 11, "must be an array, not an object" },
	{ "{" VERSION ",\"mounts\":[ 7 ]}", "mounts[0]", 1, 35, "must be an object, not a number" },
	{ "{" VERSION ",\"root\":{\"path\":\"x\",\"readonly\":\"yes\"}}", "root.readonly", 1, 54,
	  "must be true or false, not a string" },
	{ "{" VERSION ",\"process\":{\"args\":[\"a\",\n null]}}", "process.args[1]", 2, 2,
	  "must be a string, not null" },
	{ "{" VERSION ",\"annotations\":{\"a\":1}}", "annotations[\"a\"]", 1, 43,
	  "must be a string, not a number" },
	{ "{" VERSION ",\"annotations\":{\"a\":{}}}", "annotations[\"a\"]", 1, 43,
	  "must be a string, not an object" },
	{ "{" VERSION ",\"linux\":{\"netDevices\":{\"e\":[]}}}", "linux.netDevices[\"e\"]", 1, 51,
	  "must be an object, not an array" },
	{ "{" VERSION ",\"freebsd\":[]}", "freebsd", 1, 34, "must be an object, not an array" },
	/* missing members */
	{ "{}", "ociVersion", 1, 1, "is required" },
	{ "{\"ociVersion\": null}", "ociVersion", 1, 1, "is required" },
	{ "{" VERSION ",\n\n  \"process\": {}}", "process.cwd", 3, 14, "is required" },
	{ "{" VERSION ",\"mounts\":[{\"destination\":\"/\"},\n {}]}", "mounts[1].destination", 2, 2,
	  "is required" },
	/* members that appear twice */
	{ "{" VERSION ",\n" VERSION "}", "ociVersion", 2, 1, "appears twice" },
	{ "{" VERSION ",\"root\":null,\n\"root\":{\"path\":\"x\"}}", "root", 2, 1,
	  "appears twice" },
	{ "{" VERSION ",\"annotations\":{\"b\":\"1\",\"a\":\"2\",\n\"b\":\"3\"}}",
	  "annotations[\"b\"]", 2, 1, "appears twice" },
	/* words and shapes */
	{ "{" VERSION ",\"linux\":{\"namespaces\":[{\"type\":\"nett\"}]}}",
	  "linux.namespaces[0].type", 1, 55, "\"nett\" is not one of mount, pid, network" },
	{ "{" VERSION ",\"linux\":{\"resources\":{\"hugepageLimits\":[{\"limit\":1,\"pageSize\":"
	  "\"64kB\"}]}}}",
	  "linux.resources.hugepageLimits[0].pageSize", 1, 86, "\"64kB\" is not a size" },
	{ "{" VERSION ",\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"NOFILE\"}]}}",
	  "process.rlimits[0].type", 1, 64, "is not RLIMIT_ and capital letters" },
	/* text */
	{ "", "", 1, 1, "premature EOF" },
	{ "{" VERSION, "", 1, 23, "premature EOF" },
	{ "{" VERSION "}\n{}", "", 2, 1, "trailing garbage" },
	{ "{" VERSION "} x", "", 1, 25, "trailing garbage" },
	{ "{" VERSION ",}", "", 1, 24, "not valid JSON" },
	{ "{" VERSION ",\n  \"hostname\"  \"x\"}", "", 2, 15, "not valid JSON" },
	{ "{" VERSION ",\"hostname\": 'x'}", "", 1, 36, "lexical error" },
	{ "{" VERSION ",\"hostname\": \"a\tb\"}", "", 1, 38, "not valid JSON" },
	{ "{" VERSION ",\"hostname\": \"\\q\"}", "", 1, 38, "not valid JSON" },
	{ "{" VERSION ", // no\n\"hostname\": \"x\"}", "", 1, 25, "not valid JSON" },
	{ "{" VERSION ",\"hostname\": \"\xff\"}", "", 1, 37, "not valid UTF-8: byte 0xff" },
	{ "{" VERSION ",\"hostname\": \"\xc0\x80\"}", "", 1, 37, "not valid UTF-8" },
	{ "{" VERSION ",\"hostname\": \"\xed\xa0\x80\"}", "", 1, 37, "not valid UTF-8" },
	{ "{" VERSION ",\"hostname\": \"a\\u0000b\"}", "hostname", 1, 36, "must not contain NUL" },
	{ "{" VERSION ",\"x\":{\"y\":[\"\\\"\\u0000\"]}}", "x", 1, 34, "must not contain NUL" },
	{ "{" VERSION ",\"annotations\":{\"\\u0000\":\"\"}}", "annotations", 1, 39,
	  "must not contain NUL" },
	{ "{" VERSION ",\"hostname\": \"a\", \"\\u0000\": 1}", "", 1, 41, "must not contain NUL" },
	{ "{" VERSION ",\"annotations\":{\"a\":\"\",\"\\ud800\":\"\"}}", "annotations", 1, 46,
	  "surrogate" },
	{ "{" VERSION ",\"process\":{\"args\":[\"\",\"\\u0000\"]}}", "process.args[1]", 1, 46,
	  "must not contain NUL" },
	{ "{" VERSION ",\"hostname\": tru}", "", 1, 39, "not valid JSON" },
	{ "{" VERSION ",\"hostname\": -}", "", 1, 37, "not valid JSON" },
	{ "{" VERSION ",\"hostname\": \"\\ud800\"}", "hostname", 1, 36, "surrogate" },
	{ "{" VERSION ",\"hostname\": \"\\udc00\\ud800\"}", "hostname", 1, 36, "surrogate" },
	{ "{" VERSION ",\"hostname\": \"\\ud83d\\u0041\"}", "hostname", 1, 36, "surrogate" },
	{ "{" VERSION ",\"hostname\": \"\\\\\\ud83dx\"}", "hostname", 1, 36, "surrogate" },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *c = &refusals[i];
		struct oci_doc doc;
		struct oci_error err;
		int r = load(&oci_config_table, c->text, &doc, &err);

		if (!ok(r == -EINVAL, "refused: %s %s", c->key, c->message)) {
			if (r == 0)
				oci_done(&doc);
			continue;
		}
		is_str(err.key, c->key, "  its key");
		ok(err.line == c->line && err.column == c->column, "  its place %d:%d is %d:%d",
		   err.line, err.column, c->line, c->column);
		ok(strstr(err.message, c->message), "  \"%s\" says \"%s\"", err.message,
		   c->message);
	}
}

/* One number in one member of the configuration. */
struct number {
	const char *before, *number, *after;
	bool good;
};

#define UID     "{" VERSION ",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":"
#define LIMIT   "{" VERSION ",\"linux\":{\"resources\":{\"memory\":{\"limit\":"
#define SHARES  "{" VERSION ",\"linux\":{\"resources\":{\"cpu\":{\"shares\":"
#define OOM     "{" VERSION ",\"process\":{\"cwd\":\"/\",\"oomScoreAdj\":"
#define TIMEOUT "{" VERSION ",\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"timeout\":"

static const struct number numbers[] = {
	{ UID, "0", "}}}", true },
	{ UID, "-0", "}}}", true },
	{ UID, "4294967295", "}}}", true },
	{ UID, "4294967296", "}}}", false },
	{ UID, "-1", "}}}", false },
	{ UID, "1.0", "}}}", false },
	{ UID, "1e3", "}}}", false },
	{ UID, "1E3", "}}}", false },
	{ UID, "01", "}}}", false },
	{ UID, "+1", "}}}", false },
	{ UID, "\"1\"", "}}}", false },
	{ UID, "true", "}}}", false },
	{ LIMIT, "9223372036854775807", "}}}}", true },
	{ LIMIT, "9223372036854775808", "}}}}", false },
	{ LIMIT, "-9223372036854775808", "}}}}", true },
	{ LIMIT, "-9223372036854775809", "}}}}", false },
	{ LIMIT, "99999999999999999999999999999999999999999999", "}}}}", false },
	{ SHARES, "18446744073709551615", "}}}}", true },
	{ SHARES, "18446744073709551616", "}}}}", false },
	{ SHARES, "-1", "}}}}", false },
	{ OOM, "-1000", "}}", true },
	{ OOM, "1000", "}}", true },
	{ OOM, "-1001", "}}", false },
	{ OOM, "1001", "}}", false },
	{ TIMEOUT, "1", "}]}}", true },
	{ TIMEOUT, "0", "}]}}", false },
	{ TIMEOUT, "-5", "}]}}", false },
};

static void test_numbers(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number *c = &numbers[i];
		struct oci_doc doc;
		struct oci_error err;
		char text[256];
		int r;

		snprintf(text, sizeof(text), "%s%s%s", c->before, c->number, c->after);
		r = load(&oci_config_table, text, &doc, &err);
		is_int(r, c->good ? 0 : -EINVAL, "%s%s", c->before + strlen("{" VERSION ","),
		       c->number);
		if (r == 0)
			oci_done(&doc);
	}
}

static void test_values(void)
{
	static const char text[] =
		"{" VERSION ", \"hostname\": \"a\\u00e9\\ud83d\\ude00\\\\\\\"\\/\", \"mounts\": [],"
		"\"process\": {\"cwd\": \"/\", \"args\": [\"\", \"b\"], \"user\": {\"gid\": 7,"
		"\"additionalGids\": [1, 4294967295]}, \"noNewPrivileges\": false},"
		"\"annotations\": {\"z\": \"1\", \"a\": \"2\", \"\": \"\"}, \"linux\": {\"sysctl\": {},"
		"\"resources\": {\"rdma\": {\"m\": {\"hcaHandles\": 3}}, \"memory\": {\"limit\": -1}},"
		"\"timeOffsets\": null}, \"zos\": {}, \"freebsd\": {\"jail\": {\"vnet\": \"new\"}}}";
	const struct oci_config *c;
	struct oci_doc doc;
	struct oci_error err;
	const struct oci_rdma *rdma;

	if (!ok(load(&oci_config_table, text, &doc, &err) == 0, "a document with all kinds loads"))
		return;
	c = doc.root;
	is_str(c->oci_version, "1.3.0", "string");
	is_str(c->hostname, "a\xc3\xa9\xf0\x9f\x98\x80\\\"/", "string with escapes");
	ok(!c->domainname, "absent string");
	ok(c->mounts && c->n_mounts == 0, "empty list");
	ok(!c->process->env && c->process->n_env == 0, "absent list");
	is_int(c->process->n_args, 2, "list of strings");
	is_str(c->process->args[0], "", "its first");
	is_str(c->process->args[1], "b", "its second");
	ok(!c->process->user->has_uid && c->process->user->uid == 0, "absent number");
	ok(c->process->user->has_gid && c->process->user->gid == 7, "number");
	is_int(c->process->user->n_additional_gids, 2, "list of numbers");
	is_int(c->process->user->additional_gids[1], 4294967295, "its second");
	ok(c->process->has_no_new_privileges && !c->process->no_new_privileges, "false is present");
	ok(!c->process->has_terminal, "absent bool");
	is_int(c->annotations->n, 3, "map");
	is_str(c->annotations->keys[0], "z", "keeps its order");
	is_str(c->annotations->values[1], "2", "its second value");
	is_str(c->annotations->keys[2], "", "its empty key");
	ok(c->linux_->sysctl && c->linux_->sysctl->n == 0, "empty map");
	ok(!c->linux_->time_offsets, "null is absent");
	is_int(c->linux_->resources->rdma->n, 1, "map of objects");
	rdma = c->linux_->resources->rdma->values[0];
	ok(rdma->has_hca_handles && rdma->hca_handles == 3, "its object");
	is_int(c->linux_->resources->memory->limit, -1, "negative number");
	ok(c->has_freebsd, "an object for another system is noticed");
	ok(!c->has_zos, "an empty one is not");
	oci_done(&doc);
	ok(!doc.root && !doc.text, "a document that is done is empty");
	oci_done(&doc);
}

static void test_unknown(void)
{
	static const char text[] = "{" VERSION ",\n \"hostnam\": [{\"a\": [1, {}]}, {}],\n"
				   "\"process\": {\"cwd\": \"/\", \"nonewprivileges\": 1},\n"
				   "\"mounts\": [{\"destination\": \"/\", \"zzzz\": {}}]}";
	struct oci_doc doc;
	struct oci_error err;

	if (!ok(load(&oci_config_table, text, &doc, &err) == 0, "unknown members are passed over"))
		return;
	is_int(doc.n_unknown, 3, "and listed");
	is_int(doc.unknown_total, 3, "and counted");
	is_str(doc.unknown[0].key, "hostnam", "the first");
	is_str(doc.unknown[0].guess, "hostname", "  was perhaps hostname");
	ok(doc.unknown[0].line == 2 && doc.unknown[0].column == 2, "  its place");
	is_str(doc.unknown[1].key, "process.nonewprivileges", "the second");
	is_str(doc.unknown[1].guess, "noNewPrivileges", "  was perhaps noNewPrivileges");
	is_str(doc.unknown[2].key, "mounts[0].zzzz", "the third");
	ok(!doc.unknown[2].guess, "  nobody knows what it was");
	oci_done(&doc);
}

static void test_many_unknown(void)
{
	char *text = malloc(1 << 20), *p = text;
	struct oci_doc doc;
	struct oci_error err;

	p += sprintf(p, "{" VERSION);
	for (int i = 0; i < 10000; i++)
		p += sprintf(p, ",\"u%d\": %d", i, i);
	p += sprintf(p, "}");
	if (ok(load(&oci_config_table, text, &doc, &err) == 0, "10000 unknown members")) {
		is_int(doc.n_unknown, OCI_UNKNOWN_MAX, "a bounded number is listed");
		is_int(doc.unknown_total, 10000, "all are counted");
		oci_done(&doc);
	}
	free(text);
}

/* `n` times `open`, then as often `close`. */
static int load_nested(const char *head, const char *open, const char *close, size_t n,
		       const char *tail, struct oci_error *err)
{
	size_t size = strlen(head) + n * (strlen(open) + strlen(close)) + strlen(tail) + 1;
	char *text = malloc(size), *p = text;
	struct oci_doc doc;
	int r;

	p = stpcpy(p, head);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, open);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, close);
	stpcpy(p, tail);
	r = load(&oci_config_table, text, &doc, err);
	free(text);
	if (r == 0)
		oci_done(&doc);
	return r;
}

static void test_depth(void)
{
	struct oci_error err;

	is_int(load_nested("{" VERSION ",\"x\":", "[", "]", 63, "}", &err), 0, "64 levels");
	is_int(load_nested("{" VERSION ",\"x\":", "[", "]", 64, "}", &err), -E2BIG, "65 levels");
	is_str(err.key, "x", "  are refused with the key");
	ok(err.line == 1 && err.column == 28 + 63, "  and the place");
	ok(strstr(err.message, "deeper than 64"), "  and the reason");
	is_int(load_nested("", "[", "]", 1000000, "", &err), -EINVAL, "a million arrays");
	is_int(load_nested("{\"x\":", "[", "]", 1000000, "}", &err), -E2BIG,
	       "a million arrays in a member");
	is_int(load_nested("{\"x\":", "{\"y\":", "}", 1000000, "}", &err), -E2BIG,
	       "a million objects in a member");
}

static void test_size(void)
{
	size_t size = OCI_TEXT_MAX + 1;
	char *text = malloc(size);
	struct oci_doc doc;
	struct oci_error err;

	memset(text, ' ', size);
	memcpy(text, "{" VERSION "}", strlen("{" VERSION "}"));
	is_int(oci_load(&oci_config_table, text, size, &doc, &err), -E2BIG, "16 MiB and a byte");
	ok(strstr(err.message, "larger than the limit of 16 MiB"), "  is refused with the reason");
	if (ok(oci_load(&oci_config_table, text, size - 1, &doc, &err) == 0, "16 MiB"))
		oci_done(&doc);
	free(text);
}

/* Work must not grow with the square of the size. These take seconds for ever if it does. */
static void test_hostile(void)
{
	enum { KEYS = 300000 };
	char *text = malloc(OCI_TEXT_MAX), *p = text;
	struct oci_doc doc;
	struct oci_error err;

	p += sprintf(p, "{" VERSION ",\"annotations\":{\"k\":\"\"");
	for (int i = 0; i < KEYS; i++)
		p += sprintf(p, ",\"k%d\":\"\"", i);
	p += sprintf(p, "}}");
	if (ok(load(&oci_config_table, text, &doc, &err) == 0, "a map of %d keys", KEYS))
		oci_done(&doc);
	p = text + sprintf(text, "{" VERSION ",\"hostname\":\"");
	memset(p, '\\', 8 << 20);
	strcpy(p + (8 << 20), "\"}");
	if (ok(load(&oci_config_table, text, &doc, &err) == 0, "a string of backslashes"))
		oci_done(&doc);
	free(text);
}

int main(void)
{
	test_refusals();
	test_numbers();
	test_values();
	test_unknown();
	test_many_unknown();
	test_depth();
	test_size();
	test_hostile();
	return tap_done();
}
