/* SPDX-License-Identifier: Apache-2.0 */
/* libocispec/ocispec.h: what is done with a decoded document: where, walk, save; and the tables. */
#include "libocispec/ocispec.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

static const char text[] = "{\n"
			   "  \"ociVersion\": \"1.3.0\",\n"
			   "  \"mounts\": [\n"
			   "    {\"destination\": \"/a\"},\n"
			   "    {\"options\": [\"x\", \"y\"], \"destination\": \"/b\"}\n"
			   "  ],\n"
			   "  \"linux\": {\"sysctl\": {\"a.b\": \"1\", \"odd\\\"]key\": \"2\"},\n"
			   "            \"unknown\": {\"sysctl\": 3}},\n"
			   "  \"hostname\": \"h\"\n"
			   "}\n";

static void test_where(void)
{
	static const struct {
		const char *path;
		int line, column; /* 0: not found */
	} cases[] = {
		{ "ociVersion", 2, 17 },
		{ "mounts", 3, 13 },
		{ "mounts[0]", 4, 5 },
		{ "mounts[1]", 5, 5 },
		{ "mounts[1].destination", 5, 44 },
		{ "mounts[1].options[1]", 5, 23 },
		{ "linux.sysctl[\"a.b\"]", 7, 31 },
		{ "linux.sysctl[\"odd\"]key\"]", 7, 49 },
		{ "linux.unknown.sysctl", 8, 35 },
		{ "hostname", 9, 15 },
		/* as far as the path exists */
		{ "mounts[1].source", 5, 5 },
		{ "mounts[0].options[7]", 4, 5 },
		{ "mounts[9]", 3, 13 },
		{ "mounts.name", 3, 13 },
		{ "linux.sysctl[0]", 7, 23 },
		{ "linux.resources.memory.limit", 7, 12 },
		{ "hostname.x", 9, 15 },
		{ "mounts[1", 3, 13 },
		{ "mounts[]", 3, 13 },
		/* not at all */
		{ "process.args", 0, 0 },
		{ "root", 0, 0 },
		{ "", 0, 0 },
		{ "[0]", 0, 0 },
	};
	struct oci_doc doc;
	struct oci_error err;

	if (!ok(oci_load(&oci_config_table, text, strlen(text), &doc, &err) == 0, "loads"))
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int line = 0, column = 0;
		bool found = oci_where(&doc, cases[i].path, &line, &column);

		ok(found == (cases[i].line > 0) && line == cases[i].line &&
			   column == cases[i].column,
		   "\"%s\" is at %d:%d (%d:%d)", cases[i].path, cases[i].line, cases[i].column,
		   line, column);
	}
	oci_done(&doc);
}

static int count_visits(void *context, const char *key, const struct oci_member *m, const void *v)
{
	char *seen = context;

	(void)v;
	strcat(seen, key);
	strcat(seen, " ");
	return strcmp(m->name, "mounts") == 0 ? OCI_WALK_SKIP : 0;
}

static int stop_visits(void *context, const char *key, const struct oci_member *m, const void *v)
{
	(void)context;
	(void)m;
	(void)v;
	return strcmp(key, "linux.resources.rdma[\"m\"].hcaHandles") == 0 ? 42 : 0;
}

static void test_walk(void)
{
	static const char walked[] =
		"{\"ociVersion\":\"1.3.0\",\"mounts\":[{\"destination\":\"/a\"}],"
		"\"hooks\":{\"poststop\":[{\"path\":\"/p\"}]},"
		"\"linux\":{\"resources\":{\"rdma\":{\"m\":{\"hcaHandles\":1}}}}}";
	struct oci_doc doc;
	struct oci_error err;
	char seen[1024] = "";

	if (!ok(oci_load(&oci_config_table, walked, strlen(walked), &doc, &err) == 0, "loads"))
		return;
	is_int(oci_walk(&oci_config_table, doc.root, count_visits, seen), 0, "walks");
	is_str(seen,
	       "ociVersion mounts hooks hooks.poststop hooks.poststop[0].path linux "
	       "linux.resources linux.resources.rdma linux.resources.rdma[\"m\"].hcaHandles ",
	       "visits what is present, in order, and not what is skipped");
	is_int(oci_walk(&oci_config_table, doc.root, stop_visits, NULL), 42, "stops when told");
	oci_done(&doc);
}

static int is_all_nothing(void *context, const char *key, const struct oci_member *m, const void *v)
{
	bool *all = context;

	if (strcmp(key, "ociVersion") == 0)
		return 0;
	*all = *all && oci_is_nothing(m, v);
	return OCI_WALK_SKIP;
}

static void test_nothing(void)
{
	static const struct {
		const char *members;
		bool nothing;
	} cases[] = {
		{ "\"linux\":{}", true },
		{ "\"mounts\":[]", true },
		{ "\"annotations\":{}", true },
		{ "\"hostname\":\"\"", true },
		{ "\"linux\":{\"resources\":{\"memory\":{\"disableOOMKiller\":false}}}", true },
		{ "\"linux\":{\"resources\":{\"memory\":{\"limit\":0}}}", false },
		{ "\"linux\":{\"resources\":{\"memory\":{\"disableOOMKiller\":true}}}", false },
		{ "\"mounts\":[{\"destination\":\"\"}]", false },
		{ "\"annotations\":{\"\":\"\"}", false },
		{ "\"linux\":{\"intelRdt\":{\"closID\":\"a\"}}", false },
		{ "\"vm\":{\"x\":1}", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oci_doc doc;
		struct oci_error err;
		char document[256];
		bool all = true;

		snprintf(document, sizeof(document), "{\"ociVersion\":\"1.3.0\",%s}",
			 cases[i].members);
		if (!ok(oci_load(&oci_config_table, document, strlen(document), &doc, &err) == 0,
			"loads"))
			continue;
		oci_walk(&oci_config_table, doc.root, is_all_nothing, &all);
		ok(all == cases[i].nothing, "%s asks for %s", cases[i].members,
		   cases[i].nothing ? "nothing" : "something");
		oci_done(&doc);
	}
}

static void test_save(void)
{
	static const char in[] =
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"a/b\\\\\\\"\\n\\u0001\\u007f\xc3\xa9\","
		"\"readonly\":false},\"mounts\":[],\"process\":{\"user\":{\"uid\":4294967295,"
		"\"additionalGids\":[1,2]},\"args\":[\"x\"],\"cwd\":\"/\","
		"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}],"
		"\"oomScoreAdj\":-5},"
		"\"annotations\":{\"k\":\"v\"},\"linux\":{\"netDevices\":{\"e\":{\"name\":\"f\"},"
		"\"g\":{}},\"resources\":{\"memory\":{\"limit\":-9223372036854775808}},\"sysctl\":{}}}";
	struct oci_doc doc;
	struct oci_error err;
	char *out = NULL;
	size_t len;

	if (!ok(oci_load(&oci_config_table, in, strlen(in), &doc, &err) == 0, "loads"))
		return;
	is_int(oci_save(&oci_config_table, doc.root, &out, &len, 0), 0, "saves");
	is_str(out, in, "every kind of value is written as it was read");
	is_int(len, strlen(in), "its length");
	free(out);
	oci_done(&doc);
}

static void test_save_pretty(void)
{
	struct oci_hook hook = { .path = (char *)"/bin/x", .has_timeout = true, .timeout = 3 };
	struct oci_hook *list[] = { &hook };
	struct oci_hooks hooks = { .poststop = list, .n_poststop = 1, .prestart = list };
	char *out = NULL;
	size_t len;

	is_int(oci_save(&oci_hooks_table, &hooks, &out, &len, OCI_SAVE_PRETTY), 0, "saves");
	is_str(out,
	       "{\n\t\"prestart\": [],\n\t\"poststop\": [\n\t\t{\n\t\t\t\"path\": \"/bin/x\",\n"
	       "\t\t\t\"timeout\": 3\n\t\t}\n\t]\n}\n",
	       "pretty");
	free(out);
}

/* Every table that can be reached from `t`. */
static void check_table(const struct oci_table *t, int depth)
{
	bool told = true, distinct = true, in_struct = true, bounds = true;

	for (size_t i = 0; i < t->n; i++) {
		const struct oci_member *m = &t->members[i];

		told = told && m->clause[0] && m->doc[0];
		told = told && (m->use != OCI_USED || strstr(m->use_text, "-plan.c") ||
				strchr(m->use_text, '/'));
		in_struct = in_struct && m->at < t->size && m->has_at < t->size;
		bounds = bounds && (!m->bounded || m->min < m->max);
		distinct = distinct && oci_member_find(t, m->name, strlen(m->name)) == m;
		if (m->table)
			check_table(m->table, depth + 1);
	}
	ok(told && distinct && in_struct && bounds && depth < 10,
	   "%s: names are distinct, every row is complete", t->name);
}

static void test_guess(void)
{
	static const char *const cases[][2] = {
		{ "hostName", "hostname" },
		{ "proces", "process" },
		{ "mount", "mounts" },
		{ "anotations", "annotations" },
		{ "ociversion", "ociVersion" },
		{ "x", NULL },
		{ "", NULL },
		{ "completely", NULL },
	};
	char name[1000];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(oci_member_guess(&oci_config_table, cases[i][0]), cases[i][1],
		       "\"%s\" was perhaps %s", cases[i][0], cases[i][1] ? cases[i][1] : "nothing");
	memset(name, 'm', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	is_str(oci_member_guess(&oci_config_table, name), NULL, "a very long name is not guessed");
}

int main(void)
{
	test_where();
	test_walk();
	test_nothing();
	test_save();
	test_save_pretty();
	test_guess();
	check_table(&oci_config_table, 0);
	check_table(&oci_state_table, 0);
	check_table(&oci_features_table, 0);
	return tap_done();
}
