/* SPDX-License-Identifier: Apache-2.0 */
/* Files of cgroup v2 that the configuration names itself. */
#include "tests/unit/limits-plan.h"

#define UNI(key) KEY "unified[\"" key "\"]: "

static void one(const struct cgroupfs *fs, const char *key, const char *value, const char *want)
{
	char json[8192];

	snprintf(json, sizeof(json), "\"unified\":{\"%s\":\"%s\"}", key, value);
	limit_on(fs, json, want);
}

static void test_values(void)
{
	one(&v2, "memory.high", "1000000", "memory.high=1000000");
	one(&v2, "misc.max", "res_a 3", "misc.max=res_a 3");
	one(&v2, "cgroup.max.depth", "2", "cgroup.max.depth=2");
	one(&v2, "io.max", "259:0 rbps=2097152 wiops=120\\n253:0 rbps=2097152 wiops=120",
	    "io.max=259:0 rbps=2097152 wiops=120 io.max=253:0 rbps=2097152 wiops=120");
	one(&v2, "io.max", "\\n8:0 rbps=1\\n\\n8:16 rbps=2\\n",
	    "io.max=8:0 rbps=1 io.max=8:16 rbps=2");
	one(&v2, "cpuset.cpus", "", "cpuset.cpus=\n");
	one(&v2, "cpuset.cpus", "\\n", "cpuset.cpus=\n");
	limit_on(&v2, "\"unified\":{}", "");
}

static void test_line_length(void)
{
	char value[4200], want[4300];

	memset(value, '1', sizeof(value));
	value[4095] = 0;
	snprintf(want, sizeof(want), "memory.max=%s", value);
	one(&v2, "memory.max", value, want);
	value[4095] = '1';
	value[4096] = 0;
	one(&v2, "memory.max", value, UNI("memory.max") "a line is longer than 4095 bytes");
}

/* M120: what is needed is enabled. M121: and what nobody knows is written. */
static void test_enable(void)
{
	struct limited *t = plan_limits(
		&v2, NULL,
		"\"unified\":{\"memory.max\":\"1\",\"io.x\":\"1\",\"memory.unknown\":\"1\","
		"\"cgroup.max.depth\":\"2\",\"misc.max\":\"a 1\"}");

	is_str(t->enable, "+memory +io +misc", "the controllers");
	is_str(t->text, "memory.max=1 io.x=1 memory.unknown=1 cgroup.max.depth=2 misc.max=a 1",
	       "in the order of the document");
	t = plan_limits(&v2, NULL,
			"\"unified\":{\"memory.max\":\"7\"},\"memory\":{\"limit\":5},"
			"\"pids\":{\"limit\":1},\"rdma\":{\"x\":{\"hcaHandles\":1}}");
	is_str(t->text, "memory.max=5 pids.max=1 rdma.max=x hca_handle=1 memory.max=7",
	       "after all that is converted");
}

/* M122 */
static void test_missing(void)
{
	one(&v2, "blah.max", "1",
	    UNI("blah.max") "the blah controller of cgroups is not available on this host");
	one(&v1, "memory.max", "1",
	    UNI("memory.max") "is for cgroup v2, and this host has only cgroup v1");
	one(&v1, "cgroup.max.depth", "1",
	    UNI("cgroup.max.depth") "is for cgroup v2, and this host has only cgroup v1");
	one(&hybrid, "memory.max", "1",
	    UNI("memory.max") "is for cgroup v2, and on this host v1 has the memory controller");
	one(&hybrid, "hugetlb.2MB.max", "0", "hugetlb.2MB.max=0");
	one(&hybrid, "cgroup.max.depth", "1", "cgroup.max.depth=1");
	one(&hybrid, "cpu.max", "1",
	    UNI("cpu.max") "the cpu controller of cgroups is not available on this host");
	is_str(plan_limits(NULL, NULL, "\"unified\":{\"memory.max\":\"1\"}")->text,
	       UNI("memory.max") "a limit needs a cgroup, and none is to be made", "no cgroup");
	is_str(plan_limits(NULL, NULL, "\"unified\":{\"cgroup.max.depth\":\"1\"}")->text,
	       UNI("cgroup.max.depth") "a limit needs a cgroup, and none is to be made",
	       "no cgroup at all");
}

/* S26: nothing but a file of the cgroup itself, and of these only what holds a limit. */
static void test_keys(void)
{
	static const char *const names[] = {
		"memory",       ".max",          "memory.",     "../memory.max", "/memory.max",
		"memory/x.max", "x/.max",        "memory..max", "memory.max/..", ".",
		"..",           "memory.max\\n", "a b.max",     "memory.max ",   "memory.\\u0001",
		"m\\u00e4.max",
	};
	static const char *const kept[] = { "procs",  "threads", "kill",
					    "freeze", "type",    "subtree_control" };
	struct limited *t;
	char json[5000], name[4100];

	for (size_t i = 0; i < RL_COUNT(names); i++) {
		snprintf(json, sizeof(json), "\"unified\":{\"%s\":\"1\"}", names[i]);
		t = plan_limits(&v2, NULL, json);
		ok(t->r < 0 && strstr(t->text, "is not the name of a file of cgroup v2"),
		   "refused: \"%s\": %s", names[i], t->text);
	}
	one(&v2, "", "1", KEY "unified: a key is empty");
	for (size_t i = 0; i < RL_COUNT(kept); i++) {
		snprintf(json, sizeof(json), "\"unified\":{\"cgroup.%s\":\"1\"}", kept[i]);
		t = plan_limits(&v2, NULL, json);
		ok(t->r < 0 && strstr(t->text, "is no limit: the runtime itself writes it"),
		   "refused: cgroup.%s", kept[i]);
	}
	memset(name, 'x', sizeof(name));
	name[4096] = 0;
	snprintf(json, sizeof(json), "\"unified\":{\"%s.max\":\"1\"}", name);
	is_int(plan_limits(&v2, NULL, json)->r, -EINVAL, "a key of 4100 bytes");
	snprintf(json, sizeof(json), "\"unified\":{\"memory.%s\":\"1\"}", name);
	is_int(plan_limits(&v2, NULL, json)->r, -EINVAL, "a name of 4096 bytes");
}

int main(void)
{
	init_facts();
	test_values();
	test_line_length();
	test_enable();
	test_missing();
	test_keys();
	return tap_done();
}
