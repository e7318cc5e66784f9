/* SPDX-License-Identifier: Apache-2.0 */
/* security/landlock-plan.c: the annotation org.rundlet.landlock. Pure. */
#include "guest-child.h"
#include "security/landlock.h"
#include "security/security.h"

/* Space for the plan's strings, and what became of them. */
static struct flat flat;
static struct landlock_plan got;
static struct rl_err err;

static int plan(const char *value, int abi)
{
	const struct security_facts facts = { .landlock_abi = abi };
	char key[] = "org.rundlet.landlock", *keys[] = { key };
	char *values[] = { (char *)(uintptr_t)value };
	struct oci_map map = { .n = 1, .keys = keys, .values = values };
	struct oci_config c = { .annotations = value ? &map : NULL };

	flat_done(&flat);
	flat_init(&flat, 8);
	err = (struct rl_err)RL_ERR_INIT;
	got = (struct landlock_plan){ 0 };
	return landlock_plan(&c, &facts, &flat, &got, &err);
}

static const struct landlock_rule *rule(uint32_t i)
{
	const struct landlock_rule *rules = flat_get(flat.data, got.rules.off);

	return &rules[i];
}

static void test_words(void)
{
	is_int(plan(NULL, 0), 0, "no annotation");
	ok(!got.paths && !got.ports, "asks for nothing, of any kernel");
	is_int(plan("", 0), 0, "an empty one");
	ok(!got.paths && !got.ports, "asks for nothing, of any kernel");
	is_int(plan("ro=/usr:/etc rw=/tmp x=/bin", 3), 0, "paths");
	is_int(got.rules.n, 4, "each is a rule");
	ok(got.paths == (LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_EXECUTE) && !got.ports,
	   "all of files is handled, nothing of ports");
	is_str(flat_get_str(flat.data, rule(1)->path), "/etc", "the second path");
	is_int(rule(1)->rights, LANDLOCK_READ, "can be read");
	is_int(rule(2)->rights, LANDLOCK_READ | LANDLOCK_WRITE, "the third written");
	is_int(rule(3)->rights, LANDLOCK_READ | LANDLOCK_EXECUTE, "the last executed");
	is_str(landlock_word(rule(2)->word), "rw", "and has its word");
	is_int(plan("bind=80 connect=", 4), 0, "ports");
	is_int(got.rules.n, 1, "an empty list allows none");
	ok(!got.paths && got.ports == (LANDLOCK_BIND | LANDLOCK_CONNECT), "but is handled");
	is_int(rule(0)->port, 80, "the port");
}

static void test_programs_alone(void)
{
	is_int(plan("x=/bin", 3), 0, "programs alone");
	is_int(got.paths, LANDLOCK_EXECUTE | LANDLOCK_REFER, "reading is not handled");
	is_int(rule(0)->rights, LANDLOCK_EXECUTE, "nor allowed: the kernel refuses that");
	is_str(flat_get_str(flat.data, rule(1)->path), "/", "moves are, everywhere");
	is_int(rule(1)->rights, LANDLOCK_REFER, "and nothing else");
}

static void test_quoting(void)
{
	is_int(plan("ro=/a\\ b\\:c:/d\\\\ bind=1", 4), 0, "a backslash");
	is_str(flat_get_str(flat.data, rule(0)->path), "/a b:c", "takes a space and a colon");
	is_str(flat_get_str(flat.data, rule(1)->path), "/d\\", "and itself");
	is_int(plan("ro=/a\\", 4), 0, "at the end");
	is_str(flat_get_str(flat.data, rule(0)->path), "/a\\", "it is what it is");
}

static void test_kernels(void)
{
	is_int(plan("ro=/", 2), -EINVAL, "a kernel that cannot deny truncating");
	is_str(err.where, "annotations[\"org.rundlet.landlock\"]", "with its key");
	is_int(plan("ro=/ bind=1", 3), -EINVAL, "one that knows no ports");
	is_int(plan("x=/", 0), -EINVAL, "one without Landlock");
	is_int(plan("ro=/ bind=1", 4), 0, "one that has all");
}

static void test_mistakes(void)
{
	static const char *const values[] = { "r=/",        "ro",      "ro:/",      "=",
					      "ro=x",       "ro=/:",   "bind=-1",   "bind=+1",
					      "bind=65536", "bind=1x", "ro=/ /tmp", " ",
					      "   " };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		is_int(plan(values[i], 7), -EINVAL, "\"%s\" is refused", values[i]);
		is_str(err.where, "annotations[\"org.rundlet.landlock\"]", "with its key");
	}
}

int main(void)
{
	test_words();
	test_programs_alone();
	test_quoting();
	test_kernels();
	test_mistakes();
	flat_done(&flat);
	return tap_done();
}
