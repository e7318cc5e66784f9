/* SPDX-License-Identifier: Apache-2.0 */
/* Where resctrl is mounted, and that nothing else is taken for it. */
#include "os/resctrl.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHERS                                                      \
	"21 27 0:20 / /proc rw,nosuid shared:5 - proc proc rw\n"    \
	"27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n" \
	"28 27 0:21 / /mnt/resctrl rw - tmpfs resctrl rw\n"         \
	"30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"

static const char *mount_of(const char *mountinfo)
{
	static struct resctrl r;

	resctrl_parse(mountinfo, &r);
	return r.mount;
}

static void test_parser(void)
{
	is_str(mount_of(""), "", "an empty table");
	is_str(mount_of(OTHERS), "", "a name is no type");
	is_str(mount_of(OTHERS
			"40 23 0:33 / /sys/fs/resctrl rw,relatime shared:9 - resctrl resctrl rw\n"),
	       "/sys/fs/resctrl", "the usual place");
	is_str(mount_of("40 23 0:33 / /mnt/a\\040b rw - resctrl none rw,cdp,mba_MBps\n"),
	       "/mnt/a b", "another place, with options");
	is_str(mount_of("40 23 0:33 /gold /srv/gold rw - resctrl resctrl rw\n"), "",
	       "one group of it is not the whole");
	is_str(mount_of("40 23 0:33 /gold /srv/gold rw - resctrl resctrl rw\n"
			"41 23 0:33 / /a rw - resctrl resctrl rw\n"
			"42 23 0:33 / /b rw - resctrl resctrl rw\n"),
	       "/a", "the first that is the whole");
}

static void test_probe(void)
{
	struct resctrl r = { "x" };

	is_int(resctrl_probe(&r), 0, "this host can be asked");
	ok(!r.mount[0] || r.mount[0] == '/', "resctrl is mounted at \"%s\"", r.mount);
}

static void test_open(void)
{
	is_int(resctrl_open("/proc"), -EXDEV, "procfs is not resctrl");
	is_int(resctrl_open("/nowhere"), -ENOENT, "what does not exist");
	is_int(resctrl_open("/proc/version"), -ENOTDIR, "what is no directory");
}

static void write_status(const char *dir, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/info/last_cmd_status", dir);
	f = fopen(path, "we");
	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static void test_status(void)
{
	char dir[] = "/tmp/rundlet-test-resctrl-XXXXXX", path[128], text[32];

	if (!mkdtemp(dir))
		return;
	resctrl_status(dir, text, sizeof(text));
	is_str(text, "", "a kernel that says nothing");
	snprintf(path, sizeof(path), "%s/info", dir);
	mkdir(path, 0700);
	write_status(dir, "ok\n");
	resctrl_status(dir, text, sizeof(text));
	is_str(text, "", "\"ok\" is no reason");
	write_status(dir, "mask f7 has non-consecutive 1-bits\nmore\n");
	resctrl_status(dir, text, sizeof(text));
	is_str(text, "mask f7 has non-consecutive 1-b", "a reason, cut where it must be");
	snprintf(path, sizeof(path), "%s/info/last_cmd_status", dir);
	unlink(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
	ok(rmdir(dir) == 0, "nothing is left");
}

int main(void)
{
	unsetenv("RUNDLET_TEST_RESCTRL");
	test_parser();
	test_probe();
	test_open();
	test_status();
	return tap_done();
}
