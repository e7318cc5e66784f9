/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a container's cgroup of v2, and what of it. The second half needs root. */
#include "tests/unit/cgroup-box.h"

static const char *const safe[] = { "cgroup.procs", "cgroup.subtree_control", "cgroup.threads" };

/* --- the plan --- */

#define MOUNT(dest, type, options)                       \
	"{\"destination\":\"" dest "\",\"type\":\"" type \
	"\",\"source\":\"cgroup\",\"options\":[" options "]}"
#define RW MOUNT("/sys/fs/cgroup", "cgroup", "\"nosuid\"")
#define RO MOUNT("/sys/fs/cgroup", "cgroup", "\"nosuid\",\"ro\"")

static const struct row {
	const char *what, *mounts;
	bool v2, cgroup_namespace, user_namespace;
	unsigned int uid;
	int owner; /* -1: nobody */
} rows[] = {
	{ "a user with a writable mount", RW, true, true, false, 1000, 1000 },
	{ "root without a user namespace", RW, true, true, false, 0, -1 },
	{ "root of a user namespace", RW, true, true, true, 0, 0 },
	{ "cgroup v1 has a part", RW, false, true, false, 1000, -1 },
	{ "no cgroup namespace of its own", RW, true, false, false, 1000, -1 },
	{ "a read-only mount", RO, true, true, false, 1000, -1 },
	{ "recursively read-only", MOUNT("/sys/fs/cgroup", "cgroup", "\"rro\""), true, true, false,
	  1000, -1 },
	{ "no mount", MOUNT("/proc", "proc", ""), true, true, false, 1000, -1 },
	{ "a mount elsewhere", MOUNT("/sys/fs/cgroup/x", "cgroup", ""), true, true, false, 1000,
	  -1 },
	{ "a mount of another type", MOUNT("/sys/fs/cgroup", "tmpfs", ""), true, true, false, 1000,
	  -1 },
	{ "type cgroup2, slashes", MOUNT("/sys/fs/cgroup//", "cgroup2", ""), true, true, false,
	  1000, 1000 },
	{ "read-only, then writable", RO "," RW, true, true, false, 1000, 1000 },
	{ "writable, then read-only", RW "," RO, true, true, false, 1000, -1 },
};

static void check_row(const struct row *row, const struct cgroupfs *fs)
{
	struct cgroup_facts facts = {
		.id = "x",
		.cgroupfs = fs,
		.cgroup_namespace = row->cgroup_namespace,
		.user_namespace = row->user_namespace,
	};
	struct rl_err e = RL_ERR_INIT;
	struct cgroup_plan p = { 0 };
	struct oci_error oe;
	struct oci_doc doc;
	char json[1024];
	struct flat f;

	snprintf(
		json, sizeof(json),
		"{\"ociVersion\":\"1.2.0\",\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":%u,\"gid\":5}},"
		"\"mounts\":[%s]}",
		row->uid, row->mounts);
	if (oci_load(&oci_config_table, json, strlen(json), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return;
	}
	flat_init(&f, 64);
	is_int(cgroup_plan(doc.root, &facts, &f, &p, &e), 0, "plan: %s", e.what);
	is_int(p.has_owner ? (int)p.owner : -1, row->owner, "owner: %s", row->what);
	is_int(p.owner_mapped, row->owner >= 0 && row->user_namespace, "mapped");
	flat_done(&f);
	oci_done(&doc);
}

static void test_plan(void)
{
	struct cgroupfs v2, hybrid;

	cgroupfs_parse("31 1 0:1 / /u rw - cgroup2 cgroup2 rw\n", "0::/\n", &v2);
	cgroupfs_parse("31 1 0:1 / /u rw - cgroup2 cgroup2 rw\n"
		       "32 1 0:2 / /m rw - cgroup cgroup rw,memory\n",
		       "0::/\n1:memory:/\n", &hybrid);
	for (size_t i = 0; i < RL_COUNT(rows); i++)
		check_row(&rows[i], rows[i].v2 ? &v2 : &hybrid);
}

/* --- the kernel --- */

/* Who owns a file of the cgroup; -1: it does not exist. */
static int owner_of(const struct box *b, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", b->record.dirs[0].path, file);
	return stat(path, &st) < 0 || st.st_gid ? -1 : (int)st.st_uid;
}

static void is_given(const struct box *b, const char *const *names, size_t n, int uid)
{
	for (size_t i = 0; i < n; i++)
		is_int(owner_of(b, names[i]), uid, "%s is of uid %d, its group is root",
		       names[i][0] ? names[i] : "the directory", uid);
}

static void test_give(const char *name, uid_t owner)
{
	static const char *const kept[] = { "cgroup.max.depth", "cgroup.max.descendants",
					    "cgroup.freeze", "cgroup.type", "cgroup.kill" };
	static const char *const directory[] = { "" };
	rl_auto(box_done) struct box b = { 0 };
	int uid = owner == (uid_t)-1 ? 0 : (int)owner;
	char path[64];

	snprintf(path, sizeof(path), "above/%s", name);
	if (!box_init_on(&b, &only_v2, path, "") || !ok(create(&b) == 0, "create: %s", b.line))
		return;
	is_int(say(&b, cgroup_settle(b.f.data, &b.p, owner, &b.e)), 0, "%s: %s", name, b.line);
	is_given(&b, safe, RL_COUNT(safe), uid);
	is_given(&b, directory, 1, uid);
	is_given(&b, kept, RL_COUNT(kept), 0);
	is_int(owner_of(&b, "../cgroup.procs"), 0, "nothing above");
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* The list of the kernel is another one: all of it counts, as far as it is there. */
static bool fake_list(const char *text)
{
	rl_autoclose int fd = -EBADF;

	if (mount("none", "/sys/kernel/cgroup", "tmpfs", 0, "size=64k") < 0)
		return false;
	fd = text ? open("/sys/kernel/cgroup/delegate", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;
	return !text || fdio_write_full(fd, text, strlen(text)) >= 0;
}

static void test_list(void)
{
	rl_auto(box_done) struct box b = { 0 };
	static const char *const given[] = { "cgroup.freeze" };
	static const char *const kept[] = { "cgroup.procs", "../cgroup.procs" };

	if (!fake_list("no.such.file\n../cgroup.procs\ncgroup.freeze\n\n")) {
		skip("the list cannot be replaced here");
		return;
	}
	if (!box_init_on(&b, &only_v2, "above/list", "") || !ok(create(&b) == 0, "create"))
		return;
	is_int(say(&b, cgroup_settle(b.f.data, &b.p, 7, &b.e)), 0, "another list: %s", b.line);
	is_given(&b, given, RL_COUNT(given), 7);
	is_given(&b, kept, RL_COUNT(kept), 0);
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);

	if (fake_list(NULL))
		test_give("without-list", 8);
}

static void test_all(void)
{
	test_plan();
	if (!only_v2.n || !own_mounts()) {
		skip("no v2 hierarchy here");
		return;
	}
	test_give("given", 1234);
	test_give("not-given", (uid_t)-1);
	test_list();
}

int main(void)
{
	return box_main(test_all);
}
