/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the planner of mounts: kinds, options, refusals, cgroups. Needs no root. */
#include "tests/unit/rootfs-config.h"

/* One mount with these words has these attributes. */
static void has_attrs(const char *type, const char *options, uint64_t set, uint64_t clear,
		      uint64_t rec_set, uint64_t rec_clear)
{
	const struct rootfs_mount *m;

	reset();
	add("/x", type, "/src", options);
	is_int(make(), 0, "%s", options);
	m = mount_at(0);
	is_int(m->attr_set, set, "%s: set", options);
	is_int(m->attr_clear, clear, "%s: cleared", options);
	is_int(m->rec_set, rec_set, "%s: set for the tree", options);
	is_int(m->rec_clear, rec_clear, "%s: cleared for the tree", options);
}

static void test_attributes(void)
{
	const uint64_t A = MOUNT_ATTR__ATIME;

	has_attrs("bind", "bind ro", MOUNT_ATTR_RDONLY, 0, 0, 0);
	has_attrs("bind", "bind rw suid dev exec", 0,
		  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0,
		  0);
	has_attrs("bind", "ro nosuid nodev noexec nodiratime nosymfollow rw",
		  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODIRATIME |
			  MOUNT_ATTR_NOSYMFOLLOW,
		  MOUNT_ATTR_RDONLY, 0, 0);
	has_attrs("bind", "noatime", MOUNT_ATTR_NOATIME, A, 0, 0);
	has_attrs("bind", "strictatime", MOUNT_ATTR_STRICTATIME, A, 0, 0);
	has_attrs("bind", "relatime", 0, A, 0, 0);
	has_attrs("bind", "noatime norelatime", MOUNT_ATTR_NOATIME, A, 0, 0);
	has_attrs("bind", "strictatime noatime", MOUNT_ATTR_STRICTATIME, A, 0, 0);
	has_attrs("bind", "noatime atime", 0, A, 0, 0);
	has_attrs("bind", "diratime nostrictatime", 0, A | MOUNT_ATTR_NODIRATIME, 0, 0);
	has_attrs("bind", "rro rnosuid rsymfollow", 0, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID,
		  MOUNT_ATTR_NOSYMFOLLOW);
	has_attrs("bind", "rrw rsuid rdev rexec rdiratime", 0, 0, 0,
		  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			  MOUNT_ATTR_NODIRATIME);
	has_attrs("bind", "ro rnoatime", MOUNT_ATTR_RDONLY, 0, MOUNT_ATTR_NOATIME, A);
	has_attrs("tmpfs", "rro nodev", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, 0, 0);
	has_attrs("bind", "async loud noiversion nolazytime defaults nomand", 0, 0, 0, 0);
}

/* The words that the runtime-spec demands (config-linux.md); features lists the same table. */
static void test_all_words(void)
{
	static const char *const words[] = {
		"async",      "atime",      "bind",       "defaults",      "dev",
		"diratime",   "dirsync",    "exec",       "iversion",      "lazytime",
		"loud",       "noatime",    "nodev",      "nodiratime",    "noexec",
		"noiversion", "nolazytime", "norelatime", "nostrictatime", "nosuid",
		"private",    "rbind",      "relatime",   "remount",       "ro",
		"rprivate",   "rshared",    "rslave",     "runbindable",   "rw",
		"shared",     "silent",     "slave",      "strictatime",   "suid",
		"sync",       "unbindable",
	};

	/* Where no parameters are allowed, an unknown word is refused with this text. */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char options[64];

		reset();
		snprintf(options, sizeof(options), "bind %s", words[i]);
		add("/x", NULL, "/src", options);
		make();
		ok(!strstr(err.what, "is no option"), "\"%s\" is known", words[i]);
	}
	refuse_mount("/x", NULL, "/src", "bind noodiratime", "options", "is no option");
}

static void test_kinds(void)
{
	const struct rootfs_mount *m;

	reset();
	add("data/../data//x/.", "none", "src", "rbind");
	add("/y", "bind", "/s", NULL);
	add("/z", NULL, "/s", "bind src-nofollow dest-nofollow");
	add("/t", "tmpfs", NULL, "size=5 mode=700,uid=3 context=\"a,b\"");
	add("/u", "tmpfs", "t", "sync nolazytime");
	add("/u", NULL, NULL, "remount bind ro");
	add("/u", NULL, NULL, "remount size=7 async");
	add("/e", "ext4", "/dev/sda1", "ro");
	is_int(make(), 0, "each kind of mount");
	m = mount_at(0);
	ok(m->kind == ROOTFS_MOUNT_TREE && m->recursive, "rbind");
	is_str(str(m->dest), "/data/x", "a destination is cleaned, and from /");
	is_str(str(m->source), "/b/src", "a relative source is from the bundle");
	is_str(str(m->where), "mounts[0]", "where it comes from");
	m = mount_at(1);
	ok(m->kind == ROOTFS_MOUNT_TREE && !m->recursive, "type bind without a word");
	m = mount_at(2);
	ok(m->no_follow_source && m->no_follow_dest, "nofollow");
	m = mount_at(3);
	ok(m->kind == ROOTFS_MOUNT_NEW && !m->inherit_mode, "a new file system");
	is_str(params(m), "size=5 mode=700 uid=3 context=a,b", "parameters, split and unquoted");
	is_str(str(m->source), "tmpfs", "the source is the type if there is none");
	m = mount_at(4);
	ok(m->inherit_mode, "a tmpfs without a mode has that of the directory");
	is_str(params(m), "sync nolazytime", "flags of the file system");
	m = mount_at(5);
	ok(m->kind == ROOTFS_MOUNT_REMOUNT && m->attr_set == MOUNT_ATTR_RDONLY && !m->params.n,
	   "remount,bind");
	m = mount_at(6);
	is_str(params(m), "size=7 async", "remount of the file system");
	m = mount_at(7);
	is_str(params(m), "ro", "a device that may be read-only is mounted so");
	ok(m->attr_set == MOUNT_ATTR_RDONLY && !m->late_readonly, "and so is its mount");
}

static void test_legacy(void)
{
	static char word[400], more[4200];
	const struct rootfs_mount *m;

	reset();
	memset(word, 'x', 300);
	memcpy(word, "lowerdir=", 9);
	add("/o", "overlay", "overlay", word)->n_options = 1;
	mounts[0]->options[mounts[0]->n_options++] = arena_str(&arena, "index=off");
	add("/i", "tmpfs", "t", "iversion silent sync ro size=1");
	is_int(make(), 0, "options that fsconfig(2) cannot carry");
	m = mount_at(0);
	ok(m->legacy && !m->params.n && strlen(str(m->data)) == 310 &&
		   !strcmp(str(m->data) + 300, ",index=off"),
	   "a parameter of 300 bytes");
	m = mount_at(1);
	ok(m->legacy && m->sb_flags == (MS_I_VERSION | MS_SILENT | MS_SYNCHRONOUS),
	   "iversion and silent");
	is_str(str(m->data), "size=1", "their parameters");
	ok(m->inherit_mode, "a tmpfs has the mode of its directory all the same");
	memset(more, 'y', sizeof(more) - 1);
	reset();
	add("/o", "overlay", "overlay", more);
	refused("mounts[0].options", "longer than 4095 bytes");
	mounts[0]->type = arena_str(&arena, "tmpfs");
	refused("mounts[0].options", "longer than 4085 bytes");
	reset();
	add("/o", NULL, NULL, "remount")->options[1] = word;
	mounts[0]->n_options = 2;
	refused("mounts[0].options", "255 bytes");
}

static void test_refusals(void)
{
	static char longer[5000];

	memset(longer, 'l', sizeof(longer) - 1);
	refuse_mount("/", "tmpfs", NULL, NULL, "destination", "root itself");
	refuse_mount("/a/..", "tmpfs", NULL, NULL, "destination", "root itself");
	refuse_mount("", "tmpfs", NULL, NULL, "destination", "is empty");
	refuse_mount(longer, "tmpfs", NULL, NULL, "destination", "is longer than");
	refuse_mount("/x", NULL, "/s", NULL, "type", "neither bind nor rbind");
	refuse_mount("/x", "bind", NULL, NULL, "source", "is empty");
	refuse_mount("/x", "bind", longer, NULL, "source", "is longer than");
	refuse_mount("/x", "bind", "/s", "size=4", "options", "\"size=4\" is no option of a bind");
	refuse_mount("/x", "bind", "/s", "sync", "options", "belong to a file system");
	refuse_mount("/x", "bind", "/s", "tmpcopyup", "options", "tmpcopyup");
	refuse_mount("/x", "ext4", "/s", "tmpcopyup", "options", "tmpcopyup");
	refuse_mount("/x", "tmpfs", "/s", "src-nofollow", "options", "src-nofollow");
	refuse_mount("/x", "tmpfs", "/s", "copy-symlink", "options", "for a bind mount only");
	refuse_mount("/x", NULL, NULL, "remount copy-symlink", "options", "do not go with remount");
	refuse_mount("/x", NULL, NULL, "remount bind size=3", "options", "no option of a bind");
	refuse_mount("/x", NULL, NULL, "remount silent", "options", "do not go with remount");
}

static void test_proc(void)
{
	static const char *const refusals[] = {
		"/proc/self",
		"/proc/self/attr",
		"/proc/self/attr/exec",
		"/proc/sys/kernel",
		"/proc/sys/net/ipv4/ip_forward",
		"proc/../proc/1",
		"/proc/cpuinfo/x",
		"/proc//acpi",
	};
	static const char *const good[] = {
		"/proc/cpuinfo",
		"/proc/diskstats",
		"/proc/meminfo",
		"/proc/stat",
		"/proc/swaps",
		"/proc/uptime",
		"/proc/loadavg",
		"/proc/slabinfo",
		"/proc/sys/kernel/ns_last_pid",
		"/proc/sys/crypto/fips_enabled",
		"/process",
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		refuse_mount(refusals[i], "bind", "/s", "bind", "destination", "is in /proc");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		reset();
		add(good[i], "bind", "/s", "bind");
		is_int(make(), 0, "a mount on %s is fine", good[i]);
	}
	refuse_mount("/proc", "tmpfs", NULL, NULL, "type", "only procfs");
	refuse_mount("/./proc/", "overlay", NULL, NULL, "type", "only procfs");
	reset();
	add("/proc", "proc", "proc", NULL);
	add("/proc", "bind", "/proc", "rbind");
	add("/sys", "sysfs", "sysfs", NULL);
	add("/dev", "tmpfs", "tmpfs", NULL);
	is_int(make(), 0, "procfs on /proc");
	ok(mount_at(0)->exact && mount_at(0)->on_proc && !mount_at(0)->is_procfs, "new: exact");
	ok(mount_at(1)->exact && mount_at(1)->is_procfs, "bound: exact, and its source is checked");
	ok(mount_at(2)->exact && !mount_at(2)->on_proc && !mount_at(3)->exact, "sysfs: exact");
}

static void test_late(void)
{
	reset();
	add("/a", "tmpfs", "t", "ro");
	add("/a/b", "tmpfs", "t", "ro");
	add("/ab", "tmpfs", "t", NULL);
	add("/dev", "tmpfs", "t", "ro");
	add("/twice", "tmpfs", "t", "ro");
	add("/twice", "tmpfs", "t", NULL);
	is_int(make(), 0, "read-only file systems");
	ok(mount_at(0)->late_readonly && !(mount_at(0)->attr_set & MOUNT_ATTR_RDONLY),
	   "late, when something is mounted below");
	ok(!mount_at(1)->late_readonly && mount_at(1)->attr_set & MOUNT_ATTR_RDONLY,
	   "at once, when nothing is");
	ok(mount_at(3)->late_readonly, "late, when devices are made below");
	ok(!mount_at(4)->late_readonly && mount_at(4)->attr_set & MOUNT_ATTR_RDONLY,
	   "at once, when another mount covers it");
	reset();
	for (unsigned int i = 0; i <= ROOTFS_LATE_MAX; i++) {
		add("/a", "tmpfs", "t", "ro");
		add("/a/b", "tmpfs", "t", NULL);
	}
	refused("mounts", "more than 64 read-only tmpfs");
}

static void add_hierarchy(const char *mount, const char *controllers, bool v2)
{
	struct cgroupfs_hierarchy *h = &cgroups.h[cgroups.n++];

	snprintf(h->mount, sizeof(h->mount), "%s", mount);
	snprintf(h->controllers, sizeof(h->controllers), "%s", controllers);
	snprintf(h->own, sizeof(h->own), "/user");
	h->v2 = v2;
}

static void hybrid_host(void)
{
	cgroups.mode = CGROUPFS_HYBRID;
	add_hierarchy("/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct", false);
	add_hierarchy("/sys/fs/cgroup/systemd", "name=systemd,release_agent=/x", false);
	add_hierarchy("/sys/fs/cgroup/unified", "", true);
}

static void is_mount(unsigned int i, const char *dest, const char *type, const char *source,
		     const char *want_params)
{
	const struct rootfs_mount *m = mount_at(i);

	is_str(str(m->dest), dest, "mount %u: destination", i);
	is_str(str(m->type), type, "mount %u: type", i);
	is_str(str(m->source), source, "mount %u: source", i);
	is_str(params(m), want_params, "mount %u: parameters", i);
}

static void test_cgroup_v1(void)
{
	const struct rootfs_link *l;

	reset();
	hybrid_host();
	add("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid ro");
	is_int(make(), 0, "cgroup on a hybrid host, with a cgroup namespace");
	is_int(plan.mounts.n, 4, "a tmpfs and three hierarchies");
	is_mount(0, "/sys/fs/cgroup", "tmpfs", "cgroup", "mode=755");
	is_mount(1, "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "cgroup", "");
	is_mount(2, "/sys/fs/cgroup/systemd", "cgroup", "cgroup", "");
	is_str(str(mount_at(1)->data), "cpu,cpuacct", "mount 1: its controllers");
	is_str(str(mount_at(2)->data), "name=systemd,none", "mount 2: its name");
	ok(!mount_at(0)->in_late && mount_at(1)->in_late && mount_at(3)->in_late,
	   "the hierarchies are made in the tmpfs");
	is_mount(3, "/sys/fs/cgroup/unified", "cgroup2", "cgroup", "");
	ok(mount_at(0)->late_readonly && mount_at(0)->attr_set == MOUNT_ATTR_NOSUID,
	   "the tmpfs becomes read-only late");
	ok(mount_at(1)->attr_set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY), "the others at once");
	l = flat_get(f.data, plan.links.off);
	is_str(str(l[0].path), "/sys/fs/cgroup/cpu", "a link for each of two controllers");
	is_str(str(l[0].target), "cpu,cpuacct", "to their directory");
	is_str(str(l[1].path), "/sys/fs/cgroup/cpuacct", "both");
	facts.cgroup_namespace = false;
	is_int(make(), 0, "without a cgroup namespace");
	is_mount(1, "/sys/fs/cgroup/cpu,cpuacct", NULL, "/sys/fs/cgroup/cpu,cpuacct/m/web", "");
	is_mount(3, "/sys/fs/cgroup/unified", NULL, "/sys/fs/cgroup/unified/m/web", "");
	ok(mount_at(1)->kind == ROOTFS_MOUNT_TREE && mount_at(1)->optional,
	   "the container's own directory is bound, if there is one");
	facts.cgroup_path = NULL;
	is_int(make(), 0, "without a cgroup");
	is_mount(1, "/sys/fs/cgroup/cpu,cpuacct", NULL, "/sys/fs/cgroup/cpu,cpuacct/user", "");
}

static void test_cgroup_v2(void)
{
	reset();
	cgroups.mode = CGROUPFS_V2;
	add_hierarchy("/sys/fs/cgroup", "memory,pids", true);
	add("/sys/fs/cgroup", "cgroup", "cgroup", "ro nosuid");
	is_int(make(), 0, "cgroup on a version 2 host");
	is_int(plan.mounts.n, 1, "one mount");
	is_mount(0, "/sys/fs/cgroup", "cgroup2", "cgroup", "");
	ok(mount_at(0)->exact, "on an ordinary directory");
	facts.cgroup_namespace = false;
	is_int(make(), 0, "without a cgroup namespace");
	is_mount(0, "/sys/fs/cgroup", NULL, "/sys/fs/cgroup/m/web", "");
	ok(!mount_at(0)->optional, "the directory must be there");
	reset();
	add("/sys/fs/cgroup", "cgroup", "cgroup", NULL);
	refused("mounts[0]", "no cgroup file system");
	reset();
	hybrid_host();
	add("/sys/fs/cgroup", "cgroup", "cgroup", "release_agent=/x");
	refused("mounts[0]", "no option of the type cgroup");
	mounts[0]->options[0] = arena_str(&arena, "sync");
	refused("mounts[0]", "no options of the type cgroup");
}

int main(void)
{
	test_attributes();
	test_all_words();
	test_kinds();
	test_legacy();
	test_refusals();
	test_proc();
	test_late();
	test_cgroup_v1();
	test_cgroup_v2();
	arena_done(&arena);
	flat_done(&f);
	return tap_done();
}
