/* SPDX-License-Identifier: Apache-2.0 */
/* rootfs/mountmap-plan.c and mountlabel-plan.c: mapped ids and SELinux contexts of mounts. Pure. */
#include "tests/unit/rootfs-config.h"

static struct oci_id_mapping hundred_thousand = { .host_id = 100000, .size = 10 };
static struct oci_id_mapping first = { .host_id = 1000, .size = 2 };
static struct oci_id_mapping second = { .container_id = 2, .host_id = 5000, .size = 8 };
static struct oci_id_mapping *one_range[] = { &hundred_thousand };
static struct oci_id_mapping *two_ranges[] = { &first, &second };
static struct oci_namespace user_ns = { .type = (char *)"user" };
static struct oci_namespace *with_user[2];
static char *annotation_keys[1], *annotation_values[1];
static struct oci_map annotations = {
	.n = 1,
	.keys = annotation_keys,
	.values = annotation_values,
};

static void give_user_namespace(const char *path)
{
	with_user[0] = &mount_ns;
	with_user[1] = &user_ns;
	user_ns.path = path ? arena_str(&arena, path) : NULL;
	lnx.namespaces = with_user;
	lnx.n_namespaces = 2;
	lnx.uid_mappings = lnx.gid_mappings = two_ranges;
	lnx.n_uid_mappings = lnx.n_gid_mappings = path ? 0 : 2;
	facts.user_namespace = true;
}

static void give_mappings(struct oci_mount *m)
{
	m->uid_mappings = m->gid_mappings = one_range;
	m->n_uid_mappings = m->n_gid_mappings = 1;
}

static void annotate(const char *key, const char *value)
{
	annotation_keys[0] = arena_str(&arena, key);
	annotation_values[0] = arena_str(&arena, value);
	config.annotations = &annotations;
}

static const struct rootfs_idmap *map_of(uint32_t idmap)
{
	static const struct rootfs_idmap none;

	if (!idmap || idmap > plan.idmaps.n)
		return &none;
	return (const struct rootfs_idmap *)flat_get(f.data, plan.idmaps.off) + idmap - 1;
}

/* One mount with this option has these texts. */
static void has_map(const char *options, bool tree, const char *uids, const char *gids)
{
	const struct rootfs_idmap *m;

	add("/x", "bind", "/s", options);
	is_int(make(), 0, "%s: %s", options, err.what);
	m = map_of(mount_at(0)->idmap);
	is_int(mount_at(0)->idmap_tree, tree, "%s: for the tree or not", options);
	is_str(str(m->uids), uids, "%s: user ids", options);
	is_str(str(m->gids), gids, "%s: group ids", options);
}

static void test_words(void)
{
	reset();
	has_map("idmap=uids=0-100-1#5-200-2;gids=7-8-9", false, "0 100 1\n5 200 2\n", "7 8 9\n");
	reset();
	has_map("ridmap=gids=0-1-1;uids=0-2-1", true, "0 2 1\n", "0 1 1\n");
	reset();
	give_user_namespace(NULL);
	has_map("idmap", false, "0 1000 2\n2 5000 8\n", "0 1000 2\n2 5000 8\n");
	reset();
	give_user_namespace(NULL);
	has_map("idmap=uids=@20-1-3;gids=@0-2-1", false, "20 1001 1\n21 5000 2\n", "0 5000 1\n");
}

static void test_members(void)
{
	reset();
	give_mappings(add("/x", "bind", "/s", NULL));
	give_mappings(add("/y", "tmpfs", NULL, "ridmap"));
	add("/z", "bind", "/s", "idmap=uids=0-100000-10;gids=0-100000-10");
	is_int(make(), 0, "members: %s", err.what);
	is_int(plan.idmaps.n, 1, "equal mappings are one");
	is_str(str(map_of(1)->uids), "0 100000 10\n", "as the members say");
	is_int(mount_at(0)->idmap_tree, 0, "without a word it is idmap");
	is_int(mount_at(1)->idmap_tree, 1, "ridmap");
	is_int(mount_at(2)->idmap, 1, "the same mapping in an option");
}

static void test_joined(void)
{
	reset();
	give_user_namespace("/ns/user");
	add("/x", "bind", "/s", "idmap");
	is_int(make(), 0, "joined");
	is_str(str(map_of(1)->path), "/ns/user", "the namespace itself has the mapping");
	add("/y", "bind", "/s", "idmap=uids=@0-0-1;gids=0-0-1");
	refused("mounts[1].options", "is not mapped");
}

static void test_refusals(void)
{
	static const char *const bad[][2] = {
		{ "idmap", "there is none" },
		{ "idmap=uids=0-1-1", "needs both" },
		{ "idmap=", "needs both" },
		{ "idmap=uids=;gids=", "three numbers" },
		{ "idmap=uids=0-1;gids=0-1-1", "three numbers" },
		{ "idmap=uids=0-1-;gids=0-1-1", "three numbers" },
		{ "idmap=uids=0-4294967296-1;gids=0-1-1", "three numbers" },
		{ "idmap=uids=0-99999999999999999999-1;gids=0-1-1", "three numbers" },
		{ "idmap=uids=0-1-1x;gids=0-1-1", "is behind a mapping" },
		{ "idmap=uids=0-1-0;gids=0-1-1", "size is 0" },
		{ "idmap=uids=0-1-1;uids=0-1-1", "each once" },
		{ "idmap=pids=0-1-1", "each once" },
		{ "idmap=uids=@0-0-1;gids=0-1-1", "is not mapped" },
		{ "idmap=uids=0-0-1#@0-0-1;gids=0-1-1", "either all" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reset();
		add("/x", "bind", "/s", bad[i][0]);
		make();
		is_int(!strncmp(err.where, "mounts[0].options", 17) && strstr(err.what, bad[i][1]),
		       1, "%s: %s", bad[i][0], err.what);
	}
	reset();
	give_mappings(add("/x", NULL, NULL, "remount"));
	refused("mounts[0].options", "not with remount");
	reset();
	give_mappings(add("/x", "cgroup", NULL, NULL));
	refused("mounts[0].options", "cgroups cannot");
	reset();
	give_mappings(add("/x", "tmpfs", NULL, "silent"));
	refused("mounts[0].options", "do not go with idmap");
	reset();
	give_user_namespace(NULL);
	lnx.n_gid_mappings = 0;
	add("/x", "bind", "/s", "idmap");
	refused("mounts[0].options", "linux.gidMappings");
}

static void test_root(void)
{
	static const char key[] = "org.rundlet.rootfs.idmap";

	reset();
	give_user_namespace(NULL);
	annotate(key, "ridmap");
	is_int(make(), 0, "the root");
	ok(plan.idmap == 1 && plan.idmap_tree, "and all below it");
	annotate(key, "idmap=uids=0-7-1;gids=0-7-1");
	is_int(make(), 0, "the root");
	ok(plan.idmap == 1 && !plan.idmap_tree, "alone");
	is_str(str(map_of(1)->uids), "0 7 1\n", "with a mapping of its own");
	annotate(key, "idmapped");
	refused("annotations[\"org.rundlet.rootfs.idmap\"]", "\"idmap\" or \"ridmap\"");
}

static void test_sysfs(void)
{
	reset();
	add("/sys", "sysfs", NULL, NULL);
	make();
	ok(!mount_at(0)->bind_sysfs, "no user namespace: sysfs is mounted");
	facts.user_namespace = true;
	make();
	ok(mount_at(0)->bind_sysfs,
	   "a network namespace of somebody else: the host's may be bound");
	facts.network_namespace = true;
	make();
	ok(!mount_at(0)->bind_sysfs, "an own network namespace: it is mounted");
}

/* The value of a parameter of the mount, or NULL. */
static const char *param(unsigned int mount, const char *key)
{
	FLAT_EACH(f.data, mount_at(mount)->params, const struct rootfs_param, p)
		if (!strcmp(str(p->key), key))
			return str(p->value);
	return NULL;
}

static void test_label(void)
{
	lnx.mount_label = arena_str(&arena, "u:r:t:s0:c1,c2");
	add("/tmp", "tmpfs", NULL, NULL);
	add("/dev/pts", "devpts", NULL, NULL);
	add("/dev/mqueue", "mqueue", NULL, NULL);
	add("/proc", "proc", NULL, NULL);
	add("/sys", "sysfs", NULL, NULL);
	add("/data", "bind", "/s", NULL);
	add("/own", "tmpfs", NULL, "context=\"mine\"");
	add("/old", "tmpfs", NULL, "silent");
	is_int(make(), 0, "with a label: %s", err.what);
	is_str(param(0, "context"), "u:r:t:s0:c1,c2", "a tmpfs has it");
	is_str(param(1, "context"), "u:r:t:s0:c1,c2", "devpts too");
	is_str(str(mount_at(2)->label), "u:r:t:s0:c1,c2", "message queues have it as an attribute");
	for (unsigned int i = 2; i < 6; i++)
		ok(!param(i, "context"), "mount %u has no parameter", i);
	is_str(param(6, "context"), "mine", "one that is given stays");
	is_str(str(mount_at(7)->data), "context=\"u:r:t:s0:c1,c2\"", "quoted for mount(2)");
	annotate("run.oci.mount_context_type", "fscontext");
	is_int(make(), 0, "another kind");
	is_str(param(0, "fscontext"), "u:r:t:s0:c1,c2", "is honoured");
	annotate("run.oci.mount_context_type", "none");
	refused("annotations[\"run.oci.mount_context_type\"]", "is none of");
}

static void test_no_selinux(void)
{
	lnx.mount_label = arena_str(&arena, "u:r:t:s0");
	add("/tmp", "tmpfs", NULL, NULL);
	is_int(make(), 0, "without SELinux");
	ok(!param(0, "context"), "no mount has the label");
	ok(plan.label && !plan.label_works, "and the plan knows");
}

int main(void)
{
	test_words();
	test_members();
	test_joined();
	test_refusals();
	test_root();
	test_sysfs();
	reset();
	facts.selinux = true;
	test_label();
	reset();
	test_no_selinux();
	arena_done(&arena);
	flat_done(&f);
	return tap_done();
}
