/* SPDX-License-Identifier: Apache-2.0 */
/* Which cgroup hierarchies a host has: the parser, on mount tables of other hosts. */
#include "os/cgroupfs.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdlib.h>

static struct cgroupfs c;

static void parse(const char *mountinfo, const char *cgroup)
{
	is_int(cgroupfs_parse(mountinfo, cgroup, &c), 0, "parses");
}

static const char *mount_of(const char *controller)
{
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&c, controller);

	return h ? h->mount : NULL;
}

static void test_v2(void)
{
	parse("21 27 0:20 / /proc rw,nosuid shared:5 - proc proc rw\n"
	      "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
	      "30 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 "
	      "rw,nsdelegate,memory_recursiveprot\n",
	      "0::/user.slice/user-0.slice/session-1.scope\n");
	is_int(c.mode, CGROUPFS_V2, "a pure v2 host");
	is_str(cgroupfs_mode_name(c.mode), "v2", "its name");
	is_int(c.n, 1, "has one hierarchy");
	ok(c.h[0].v2, "of version 2");
	is_str(c.h[0].mount, "/sys/fs/cgroup", "mount point");
	is_str(c.h[0].own, "/user.slice/user-0.slice/session-1.scope", "own path");
	is_str(mount_of("memory"), NULL, "controllers come from a file, not from these texts");
}

static const char v1_mounts[] =
	"24 27 0:22 / /sys rw shared:7 - sysfs sysfs rw\n"
	"31 24 0:27 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
	"32 31 0:28 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup "
	"rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd\n"
	"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:13 - cgroup cgroup rw,cpu,cpuacct\n"
	"34 31 0:31 / /sys/fs/cgroup/memory rw shared:14 master:1 propagate_from:2 - cgroup cgroup rw,memory\n"
	"35 31 0:32 / /sys/fs/cgroup/cpuset rw shared:15 - cgroup cgroup rw,cpuset,clone_children\n";

static void test_v1(void)
{
	parse(v1_mounts,
	      "10:cpuset:/\n4:memory:/user.slice\n3:cpu,cpuacct:/a b:c\n1:name=systemd:/init.scope\n");
	is_int(c.mode, CGROUPFS_V1, "a pure v1 host");
	is_int(c.n, 4, "four hierarchies");
	is_str(mount_of("cpu"), "/sys/fs/cgroup/cpu,cpuacct", "co-mounted: cpu");
	ok(cgroupfs_find(&c, "cpu") == cgroupfs_find(&c, "cpuacct"), "and cpuacct are one");
	is_str(cgroupfs_find(&c, "cpu")->own, "/a b:c", "a colon in the path is of the path");
	is_str(mount_of("name=systemd"), "/sys/fs/cgroup/systemd", "a named one");
	is_str(mount_of("cpuset"), "/sys/fs/cgroup/cpuset",
	       "words that are no controllers do not matter");
	is_str(mount_of("memory"), "/sys/fs/cgroup/memory", "several optional fields");
	is_str(mount_of("mem"), NULL, "a part of a name is not the name");
	is_str(mount_of("xattr"), NULL, "an option is no controller");
}

static void test_hybrid(void)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", v1_mounts,
		 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	parse(text, "10:cpuset:/\n4:memory:/\n3:cpu,cpuacct:/\n1:name=systemd:/\n0::/x\n");
	is_int(c.mode, CGROUPFS_HYBRID, "a hybrid host");
	is_int(c.n, 5, "has both kinds");
	ok(c.h[4].v2 && !strcmp(c.h[4].own, "/x"), "the v2 one is told apart");
	is_str(cgroupfs_mode_name(c.mode), "hybrid", "its name");
}

static void test_none(void)
{
	parse("27 1 254:0 / / rw - ext4 /dev/vda1 rw\n", "0::/\n");
	is_int(c.mode, CGROUPFS_NONE, "nothing mounted");
	parse("", "");
	is_int(c.mode, CGROUPFS_NONE, "empty texts");
	is_str(cgroupfs_mode_name(c.mode), "none", "its name");
}

static void test_escapes(void)
{
	parse("32 31 0:28 / /mnt/a\\040b\\134c\\011 rw - cgroup cgroup rw,memory\n",
	      "4:memory:/\n");
	is_str(mount_of("memory"), "/mnt/a b\\c\t", "octal escapes");
	parse("32 31 0:28 / /mnt/a\\04 rw - cgroup cgroup rw,memory\n", "4:memory:/\n");
	is_str(mount_of("memory"), "/mnt/a\\04", "what is no escape stays");
}

static void test_first_wins(void)
{
	parse("30 1 0:28 / /cgroups/memory rw - cgroup cgroup rw,memory\n"
	      "31 1 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	      "32 1 0:28 /x /sys/fs/cgroup/memory2 rw - cgroup cgroup rw,memory\n"
	      "33 1 0:28 / /other/memory rw - cgroup cgroup rw,memory\n",
	      "4:memory:/\n");
	is_int(c.n, 1, "several mounts of one hierarchy count once");
	is_str(mount_of("memory"), "/sys/fs/cgroup/memory", "the first below /sys/fs/cgroup");
	parse("30 1 0:28 / /a rw - cgroup cgroup rw,memory\n31 1 0:28 / /b rw - cgroup cgroup rw,memory\n",
	      "4:memory:/\n");
	is_str(mount_of("memory"), "/a", "else the first one");
	parse("30 1 0:28 / /sys/fs/cgroupother rw - cgroup cgroup rw,memory\n"
	      "31 1 0:28 / /sys/fs/cgroup/m rw - cgroup cgroup rw,memory\n",
	      "4:memory:/\n");
	is_str(mount_of("memory"), "/sys/fs/cgroup/m", "a path that only starts alike is another");
}

/* In a container the root of the mount is the container's cgroup, as the host sees it. */
static void test_roots(void)
{
	parse("30 1 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
	      "31 1 0:29 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
	      "32 1 0:30 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
	      "33 1 0:31 /../.. /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n",
	      "4:memory:/docker/abc\n3:pids:/docker/abc/x\n2:cpu:/docker/abcdef\n1:cpuset:/\n");
	is_str(cgroupfs_find(&c, "memory")->own, "/", "we are at the root of the mount");
	is_str(cgroupfs_find(&c, "pids")->own, "/x", "we are below it");
	is_str(cgroupfs_find(&c, "cpu")->own, "", "we are beside it");
	is_str(cgroupfs_find(&c, "cpuset")->own, "", "another cgroup namespace's root");
}

static void test_limits(void)
{
	char *text = NULL, *groups = NULL, longest[400];
	size_t len, groups_len;
	FILE *m = open_memstream(&text, &len), *g = open_memstream(&groups, &groups_len);

	for (int i = 0; i < CGROUPFS_MAX + 1; i++) {
		fprintf(m, "%d 1 0:%d / /sys/fs/cgroup/%d rw - cgroup cgroup rw,name=n%d\n", i + 30,
			i, i, i);
		fprintf(g, "%d:name=n%d:/\n", i + 1, i);
	}
	fclose(m);
	fclose(g);
	is_int(cgroupfs_parse(text, groups, &c), -E2BIG, "too many hierarchies");
	free(text);
	free(groups);

	snprintf(longest, sizeof(longest), "30 1 0:1 / /%0300d rw - cgroup cgroup rw,memory\n", 0);
	parse(longest, "4:memory:/\n");
	is_int(c.n, 0, "a mount point that does not fit is left out");
	snprintf(longest, sizeof(longest), "4:memory:/%0300d\n", 0);
	parse("30 1 0:1 / /m rw - cgroup cgroup rw,memory\n", longest);
	is_int(strlen(c.h[0].own), 301, "a long path of our own");
}

/* Cut the text at each length: nothing may be read beyond it (the sanitizers watch). */
static void test_truncated(void)
{
	size_t len = strlen(v1_mounts);
	int failed = 0;

	for (size_t i = 0; i <= len; i++) {
		char *text = strndup(v1_mounts, i);

		failed += cgroupfs_parse(text, "4:memory", &c) != 0;
		failed += cgroupfs_parse(text, "4", &c) != 0;
		free(text);
	}
	is_int(failed, 0, "truncated texts do no harm");
}

static void test_this_host(void)
{
	is_int(cgroupfs_probe(&c), 0, "this host can be probed");
	for (size_t i = 0; i < c.n; i++)
		if (c.h[i].v2)
			ok(!strpbrk(c.h[i].controllers, " \n"),
			   "controllers of v2 are a list: \"%s\"", c.h[i].controllers);
}

int main(void)
{
	test_v2();
	test_v1();
	test_hybrid();
	test_none();
	test_escapes();
	test_first_wins();
	test_roots();
	test_limits();
	test_truncated();
	test_this_host();
	return tap_done();
}
