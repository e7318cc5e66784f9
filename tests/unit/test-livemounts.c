/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the lists of `rundlet mounts`: how they are read, and what is planned of them. Needs no
 * root.
 */
#include "spec/spec-load.h"
#include "tests/unit/rootfs-config.h"

#include <string.h>

/* --- reading --- */

static struct oci_doc doc;

static int load(const char *text)
{
	oci_done(&doc);
	err = (struct rl_err)RL_ERR_INIT;
	return spec_load_mounts(text, strlen(text), "list.json", &doc, &err);
}

static const struct oci_config *loaded(void)
{
	static const struct oci_config none;

	return doc.root ? doc.root : &none;
}

static void fails(const char *text, const char *message, int line, int column)
{
	char buf[1024];

	is_int(load(text), -EINVAL, "refused: %s", text);
	is_str(rl_err_line(&err, buf, sizeof(buf)), message, "what it says");
	ok(err.line == line && err.column == column, "line %d, column %d", err.line, err.column);
}

static void test_list(void)
{
	int line = 0, column = 0;

	is_int(load("[{\"destination\": \"/a\"},\n {\"destination\": \"/b\", \"other\": [1]}]"), 0,
	       "a list");
	is_int(loaded()->n_mounts, 2, "has two mounts");
	is_str(loaded()->n_mounts > 1 ? loaded()->mounts[1]->destination : "", "/b", "the second");
	is_int(doc.unknown_total, 1, "an unknown member is counted");
	ok(oci_where(&doc, "mounts[1].destination", &line, &column) && line == 2 && column == 18,
	   "a place: line %d, column %d", line, column);
	ok(oci_where(&doc, "mounts[1].type", &line, &column) && line == 2 && column == 2,
	   "a member that is missing has that of its mount: line %d, column %d", line, column);
	ok(!oci_where(&doc, "mounts", &line, &column), "the list itself is all of it");
	is_int(load("null"), 0, "nothing");
	is_int(loaded()->n_mounts, 0, "is no mount");
}

static void test_list_refusals(void)
{
	fails("{\"destination\": \"/a\"}", "mounts: must be an array, not an object", 1, 1);
	fails("7", "mounts: must be an array, not a number", 1, 1);
	fails("[\n7]", "mounts[0]: must be an object, not a number", 2, 1);
	fails("[{\"type\": \"tmpfs\"}]", "mounts[0].destination: is required", 1, 2);
	fails("[{\"destination\": \"/a\", \"options\": [1]}]",
	      "mounts[0].options[0]: must be a string, not a number", 1, 36);
	ok(load("[], \"process\": {}") < 0, "what is behind the list: %s", err.what);
	ok(load("[{}") < 0, "a list without an end: %s", err.what);
	ok(load("") < 0, "an empty text: %s", err.what);
}

/* As deep as a document may be, with the object around the list that is none of its depth. */
static void test_depth(void)
{
	char text[400] = "[{\"destination\": \"/a\", \"x\": ";
	size_t n = strlen(text);

	memset(text + n, '[', OCI_DEPTH_MAX - 2);
	memset(text + n + OCI_DEPTH_MAX - 2, ']', OCI_DEPTH_MAX - 2);
	strcpy(text + n + 2 * (OCI_DEPTH_MAX - 2), "}]");
	is_int(load(text), 0, "%d deep", OCI_DEPTH_MAX);
	memmove(text + n + 1, text + n, strlen(text + n) + 1);
	ok(load(text) < 0, "one more: %s", err.what);
}

/* --- planning --- */

typedef int planner(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		    struct rootfs_plan *ret, struct rl_err *e);

static int plan_by(planner *p)
{
	err = (struct rl_err)RL_ERR_INIT;
	flat_done(&f);
	flat_init(&f, 8);
	facts = (struct rootfs_facts){ .bundle = "/b" };
	return p(&config, &facts, &f, &plan, &err);
}

static void refuses(planner *p, const char *where, const char *text)
{
	is_int(plan_by(p), -EINVAL, "refused: %s", text);
	is_str(err.where, where, "the member is named");
	ok(strstr(err.what, text) != NULL, "it says: %s", err.what);
}

static void refuses_add(const char *dest, const char *type, const char *options, const char *where,
			const char *text)
{
	reset();
	add(dest, type, "/src", options);
	refuses(rootfs_plan_add, where, text);
}

static void test_add(void)
{
	reset();
	lnx.rootfs_propagation = arena_str(&arena, "shared");
	add("/data/", "tmpfs", NULL, "ro");
	add("/data/x", NULL, "near", "rbind ro");
	is_int(plan_by(rootfs_plan_add), 0, "a list is planned");
	is_int(plan.mounts.n, 2, "two mounts");
	is_int(plan.devices.n + plan.links.n, 0, "and nothing else: no devices");
	is_str(str(mount_at(0)->dest), "/data", "its place");
	ok(mount_at(0)->late_readonly, "it is read-only when the other is in it");
	is_str(str(mount_at(1)->source), "/b/near", "a relative source is in the bundle");
	ok(plan.propagation & MS_SHARED, "the propagation is that of the configuration");
}

static void test_add_refusals(void)
{
	char *masked[2];

	refuses_add("/", "tmpfs", NULL, "mounts[0].destination", "the root itself");
	refuses_add("/proc/1", "tmpfs", NULL, "mounts[0].destination", "is in /proc");
	refuses_add("/x", "cgroup", NULL, "mounts[0].type", "cgroup");
	refuses_add("/x", NULL, "bind remount ro", "mounts[0].options", "remount");
	refuses_add("/x", "tmpfs", "tmpcopyup", "mounts[0].options", "tmpcopyup");
	refuses_add("/x", "tmpfs", "silent", "mounts[0].options", "silent");
	reset();
	refuses(rootfs_plan_add, "mounts", "empty");
	reset();
	masked[0] = arena_str(&arena, "/proc/kcore");
	masked[1] = arena_str(&arena, "/a/../secret");
	lnx.masked_paths = masked;
	lnx.n_masked_paths = 2;
	add("/x", "tmpfs", NULL, NULL);
	add("//proc/.", "proc", NULL, NULL);
	refuses(rootfs_plan_add, "mounts[1].destination", "linux.maskedPaths[0]");
	config.n_mounts = 1;
	add("/secret", "tmpfs", NULL, NULL);
	refuses(rootfs_plan_add, "mounts[1].destination", "linux.maskedPaths[1]");
	config.n_mounts = 1;
	add("/secrets", "tmpfs", NULL, NULL);
	is_int(plan_by(rootfs_plan_add), 0, "beside a masked path all is free");
}

static void test_remove(void)
{
	char *paths[] = { NULL };
	const struct rootfs_path *p;

	reset();
	add("/x/", "no such type", NULL, "no such option");
	add("sys/fs/cgroup", "cgroup", NULL, NULL);
	is_int(plan_by(rootfs_plan_remove), 0, "only the destinations count");
	p = flat_get(f.data, plan.unmounts.off);
	is_int(plan.unmounts.n, 2, "two places");
	is_str(str(p[1].path), "/sys/fs/cgroup", "the second");
	is_str(str(p[1].where), "mounts[1].destination", "its member");
	paths[0] = arena_str(&arena, "/sys/fs");
	lnx.readonly_paths = paths;
	lnx.n_readonly_paths = 1;
	is_int(plan_by(rootfs_plan_remove), 0, "what is below a read-only path");
	add("/sys", "sysfs", NULL, NULL);
	refuses(rootfs_plan_remove, "mounts[2].destination", "linux.readonlyPaths[0]");
	reset();
	add("..", NULL, NULL, NULL);
	refuses(rootfs_plan_remove, "mounts[0].destination", "the root itself");
}

static void test_limit(void)
{
	reset();
	for (int i = 0; i < 256; i++)
		add("/x", "tmpfs", NULL, NULL);
	is_int(plan_by(rootfs_plan_add), 0, "%d mounts", ROOTFS_LIVE_MAX);
	config.n_mounts = ROOTFS_LIVE_MAX + 1;
	refuses(rootfs_plan_add, "mounts", "more than 256");
	refuses(rootfs_plan_remove, "mounts", "more than 256");
}

int main(void)
{
	test_list();
	test_list_refusals();
	test_depth();
	test_add();
	test_add_refusals();
	test_remove();
	test_limit();
	oci_done(&doc);
	flat_done(&f);
	arena_done(&arena);
	return tap_done();
}
