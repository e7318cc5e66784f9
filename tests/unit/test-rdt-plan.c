/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a group of resctrl, and the comparison of schemata: text from text. */
#include "base/auto.h"
#include "cgroup/rdt/rdt-schema.h"
#include "cgroup/rdt/rdt.h"
#include "libocispec/ocispec.h"
#include "tests/unit/tap.h"

#include <errno.h>

static const struct resctrl host = { "/sys/fs/resctrl" }, none;

struct planned {
	struct flat f;
	struct rdt_plan p;
	struct rl_err e;
	int r;
	char line[512];    /* the error */
	char writes[1024]; /* the texts, a '|' behind each */
};

static struct planned *plan_as(const char *id, const struct resctrl *fs, const char *rdt_json)
{
	static struct planned t;
	struct rdt_facts facts = { .id = id, .resctrl = fs };
	rl_autofree char *text = NULL;
	struct oci_doc doc;
	struct oci_error oe;
	size_t at = 0;

	flat_done(&t.f);
	t = (struct planned){ .e = RL_ERR_INIT };
	flat_init(&t.f, 64);
	if (asprintf(&text, "{\"ociVersion\":\"1.3.0\",\"linux\":{%s}}", rdt_json) < 0 ||
	    oci_load(&oci_config_table, text, strlen(text), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return &t;
	}
	t.r = rdt_plan(doc.root, &facts, &t.f, &t.p, &t.e);
	oci_done(&doc);
	FLAT_EACH(t.f.data, t.p.writes, const struct rdt_write, w)
		at += (size_t)snprintf(t.writes + at, sizeof(t.writes) - at, "%s|",
				       flat_get_str(t.f.data, w->text));
	rl_err_line(&t.e, t.line, sizeof(t.line));
	return &t;
}

/* With this content of linux.intelRdt. */
static struct planned *plan(const char *members)
{
	char json[1024];

	snprintf(json, sizeof(json), "\"intelRdt\":{%s}", members);
	return plan_as("web", &host, json);
}

static const char *dir_of(const struct planned *t)
{
	return t->r == 0 ? flat_get_str(t->f.data, t->p.dir) : t->line;
}

static void test_group(void)
{
	struct planned *t = plan_as("web", &none, "\"resources\":{}");

	ok(t->r == 0 && !t->p.mount, "without intelRdt there is no plan");
	t = plan_as("web", &none, "\"intelRdt\":{}");
	is_str(t->line, "config.json: linux.intelRdt: the file system resctrl is not mounted",
	       "it must be mounted");
	ok(strstr(t->e.hint, "mount -t resctrl"), "and how it is");
	t = plan("");
	is_str(dir_of(t), "/sys/fs/resctrl/web", "the default is the id");
	ok(!t->p.must_exist && !t->p.writes.n, "made, with the shares that it has then");
	is_str(flat_get_str(t->f.data, t->p.where), "linux.intelRdt", "which nobody named");
	is_str(dir_of(plan("\"closID\":\"\"")), "/sys/fs/resctrl/web", "empty is absent");
	t = plan("\"closID\":\"gold\",\"l3CacheSchema\":\"L3:0=f\"");
	is_str(dir_of(t), "/sys/fs/resctrl/gold", "closID");
	ok(!t->p.must_exist, "with a schema it may be made");
	is_str(flat_get_str(t->f.data, t->p.where), "linux.intelRdt.closID", "and who named it");
	ok(plan("\"closID\":\"gold\"")->p.must_exist, "without one it must exist");
	ok(plan("\"closID\":\"gold\",\"schemata\":[]")->p.must_exist, "an empty list is none");
	ok(plan("\"closID\":\"gold\",\"enableMonitoring\":true")->p.must_exist,
	   "monitoring is no schema");
	t = plan("\"closID\":\"/\"");
	is_str(dir_of(t), "/sys/fs/resctrl", "the root group");
	ok(!t->p.group && !t->p.must_exist, "always exists");
}

static void test_names(void)
{
	static const char *const bad[] = { "../x", "/x", "..",         ".",        "a/b", "a\\nb",
					   "info", "a/", "mon_groups", "mon_data", "//" };
	static const char *const good[] = { "...", "a b", "-", "Info", "info2", "tasks.d" };
	char json[4300], name[4200];

	for (size_t i = 0; i < RL_COUNT(bad); i++) {
		snprintf(json, sizeof(json), "\"closID\":\"%s\",\"l3CacheSchema\":\"L3:0=1\"",
			 bad[i]);
		ok(strstr(plan(json)->line, "config.json: linux.intelRdt.closID: \"") &&
			   strstr(plan(json)->line, "cannot be the name of a group"),
		   "closID \"%s\" is refused", bad[i]);
	}
	for (size_t i = 0; i < RL_COUNT(good); i++) {
		snprintf(json, sizeof(json), "\"closID\":\"%s\"", good[i]);
		is_int(plan(json)->r, 0, "closID \"%s\" is taken", good[i]);
	}
	memset(name, 'n', sizeof(name));
	name[256] = 0;
	ok(!rdt_is_name(name), "256 bytes are too many");
	name[255] = 0;
	ok(rdt_is_name(name), "255 are not");
	is_int(plan_as("info", &host, "\"intelRdt\":{}")->r, -EINVAL, "an id may be no name");
	is_int(plan_as("info", &host, "\"intelRdt\":{\"closID\":\"g\",\"enableMonitoring\":true}")
		       ->r,
	       -EINVAL, "nor one of a monitoring group");
	is_int(plan_as("info", &host, "\"intelRdt\":{\"closID\":\"g\"}")->r, 0,
	       "if no group gets its name it does not matter");
}

static void test_writes(void)
{
	is_str(plan("\"l3CacheSchema\":\"L3:0=f\"")->writes, "L3:0=f\n|", "the cache alone");
	is_str(plan("\"memBwSchema\":\"MB:0=50\"")->writes, "MB:0=50\n|", "the bandwidth alone");
	is_str(plan("\"memBwSchema\":\"MB:0=50\",\"l3CacheSchema\":\"L3:0=f\"")->writes,
	       "L3:0=f\nMB:0=50\n|", "both in one write, the cache first");
	is_str(plan("\"memBwSchema\":\"MB:0=50\","
		    "\"l3CacheSchema\":\"L3DATA:0=f\\nMB:0=10\\n\\nL3CODE:0=3\\n\"")
		       ->writes,
	       "L3DATA:0=f\nL3CODE:0=3\nMB:0=50\n|", "bandwidth among the cache's lines gives way");
	is_str(plan("\"l3CacheSchema\":\"L3:0=f\\nMB:0=10\"")->writes, "L3:0=f\nMB:0=10\n|",
	       "but stays where there is no other");
	is_str(plan("\"l3CacheSchema\":\"MB:0=10\",\"memBwSchema\":\"MB:0=20\"")->writes,
	       "MB:0=20\n|", "nothing is left of the cache's");
	is_str(plan("\"schemata\":[\"L2:0=3\",\"L3:0=7\"],\"l3CacheSchema\":\"L3:0=f\"")->writes,
	       "L3:0=f\n|L2:0=3\nL3:0=7\n|", "schemata is written last, and for itself");
	is_str(plan("\"schemata\":[\"MB:0=20\"]")->writes, "MB:0=20\n|", "schemata alone");
	is_str(plan("\"l3CacheSchema\":\"\",\"schemata\":[]")->writes, "", "nothing");
}

static void test_limits(void)
{
	rl_autofree char *long_l3 = calloc(1, 20000);
	char json[256];
	struct planned *t;

	memset(long_l3, '1', 19000);
	memcpy(long_l3 + strlen(long_l3), "\"", 2);
	snprintf(json, sizeof(json), "\"intelRdt\":{\"l3CacheSchema\":\"L3:0=");
	memmove(long_l3 + strlen(json), long_l3, 19001);
	memcpy(long_l3, json, strlen(json));
	strcat(long_l3, "}");
	t = plan_as("web", &host, long_l3);
	ok(strstr(t->line, "linux.intelRdt.l3CacheSchema: longer than"), "%s", t->line);
}

static void test_monitor(void)
{
	struct planned *t = plan("\"enableMonitoring\":true");

	is_str(flat_get_str(t->f.data, t->p.monitor_dir), "/sys/fs/resctrl/web/mon_groups/web",
	       "a monitoring group has the id");
	t = plan("\"enableMonitoring\":true,\"closID\":\"gold\"");
	is_str(flat_get_str(t->f.data, t->p.monitor_dir), "/sys/fs/resctrl/gold/mon_groups/web",
	       "in the group that closID names");
	t = plan("\"enableMonitoring\":true,\"closID\":\"/\"");
	is_str(flat_get_str(t->f.data, t->p.monitor_dir), "/sys/fs/resctrl/mon_groups/web",
	       "or in the root group");
	ok(!plan("\"enableMonitoring\":false")->p.monitor, "false is none");
}

static void test_comparison(void)
{
	static const char now[] = "    L3:0=000ff;1=fffff\n    MB:0= 100;1=  50\nL3CODE:0=3\n";
	static const struct {
		const char *want;
		const char *missing; /* NULL: all is in force */
	} cases[] = {
		{ "L3:0=ff\n", NULL },
		{ "L3:0=ff;1=fffff\n", NULL },
		{ "L3:1=fffff;0=ff;\n", NULL },
		{ "L3:0=0x00FF\n", NULL },
		{ " L3 : 0 = ff ; 01 = fffff\n", NULL },
		{ "MB:0=100\n", NULL },
		{ "MB:1=50;0=0100\n", NULL },
		{ "L3:0=ff\nMB:1=50\n", NULL },
		{ "L3CODE:0=3\n", NULL },
		{ "", NULL },
		{ "L3:0=f\n", "0=f" },
		{ "L3:0=ff;1=ff\n", "1=ff" },
		{ "L3:2=ff\n", "2=ff" },
		{ "L2:0=ff\n", "0=ff" },
		{ "MB:0=64\n", "0=64" }, /* 100 in base 16 would be another number */
		{ "MB:0=0x64\n", "0=0x64" },
		{ "MB:1=45\n", NULL }, /* the kernel rounds it up to 50 */
		{ "MB:1=41\n", NULL },
		{ "MB:1=40\n", "1=40" },
		{ "MB:1=51\n", "1=51" },
		{ "L3:0=f8\n", "0=f8" },       /* no rounding of masks */
		{ "L3:0=1\nL3:0=ff\n", NULL }, /* the last word counts */
		{ "L3:0=ff\nL3:0=1\n", "0=ff" },
		{ "L3\n", "L3" },
		{ "L3:\n", "L3" },
		{ "L3:ff\n", "ff" },
		{ "L3:0=\n", "0=" },
		{ "L3:0=xyz\n", "0=xyz" },
		{ "L3:=ff\n", "=ff" },
		{ "L3:0=11111111111111111\n", "0=11111111111111111" },
	};

	for (size_t i = 0; i < RL_COUNT(cases); i++) {
		struct span first = { "", 0 };
		char missing[64];
		bool holds = rdt_schema_holds(cases[i].want, now, 10, &first);

		snprintf(missing, sizeof(missing), "%.*s", (int)first.len, first.at);
		is_str(holds ? NULL : missing, cases[i].missing, "comparison %zu: %.*s", i,
		       (int)strcspn(cases[i].want, "\n"), cases[i].want);
	}
	ok(!rdt_schema_holds("MB:1=45\n", now, 0, &(struct span){ 0 }),
	   "no rounding where the step is not known");
	ok(!rdt_schema_holds("L3:0=1\n", "", 10, &(struct span){ 0 }), "an empty file");
	ok(rdt_schema_holds("L3:0=xyz\n", "L3:0=xyz\n", 10, &(struct span){ 0 }),
	   "what is no number is compared as text");
}

int main(void)
{
	test_group();
	test_names();
	test_writes();
	test_limits();
	test_monitor();
	test_comparison();
	flat_done(&plan("")->f);
	return tap_done();
}
