/* SPDX-License-Identifier: Apache-2.0 */
/* What tells mounts from each other, and where they are: os/mountid.c, and its part of mountinfo.c.
 */
#include "os/mountid.h"
#include "os/mountinfo.h"
#include "os/nsfile.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_path(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void test_identity(void)
{
	struct mountid root = { 0 }, proc = { 0 }, changed;
	int root_fd = open_path("/"), proc_fd = open_path("/proc"),
	    sub_fd = open_path("/proc/self");

	is_int(mountid_get(root_fd, &root), 0, "the mount on /");
	is_int(mountid_get(proc_fd, &proc), 0, "the mount on /proc");
	ok(root.id != proc.id && root.inode, "they have ids of their own");
	is_int(mountid_get(sub_fd, &proc), -EINVAL, "a directory in a mount is not the mount");
	is_int(mountid_get(-1, &proc), -EBADF, "no descriptor");
	is_int(mountid_is(root_fd, &root), 1, "it is itself");
	is_int(mountid_is(proc_fd, &root), 0, "and not another one");
	is_int(mountid_is(sub_fd, &proc), 0, "nor a directory in it");
	changed = root;
	changed.inode++;
	is_int(mountid_is(root_fd, &changed), 0, "with its number, but another root");
	changed = root;
	changed.unique++;
	is_int(mountid_is(root_fd, &changed), 0, "with its number at another time");
	close(root_fd);
	close(proc_fd);
	close(sub_fd);
}

static void test_existence(void)
{
	struct mountid root = { 0 };
	int fd = open_path("/"), r;

	mountid_get(fd, &root);
	close(fd);
	r = mountid_exists(&root);
	if (r < 0) {
		skip("this kernel does not say: %s", strerror(-r));
		return;
	}
	is_int(r, 1, "it exists");
	root.unique = UINT64_MAX / 2;
	is_int(mountid_exists(&root), 0, "no mount has had that number yet");
	root.unique = 0;
	is_int(mountid_exists(&root), -EOPNOTSUPP, "a kernel without such numbers is not asked");
}

static void test_places(void)
{
	static const char text[] =
		"21 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"
		"211 21 0:5 /a\\040b /a\\040b\\134c\\012d rw shared:1 - tmpfs none rw\n"
		"22 21 0:6 / /long/path rw - tmpfs none rw";
	char point[16] = "";

	is_int(mountinfo_find(text, 21, point, sizeof(point)), 1, "found");
	is_str(point, "/", "its place");
	is_int(mountinfo_find(text, 211, point, sizeof(point)), 1, "one with escapes");
	is_str(point, "/a b\\c\nd", "without them");
	is_int(mountinfo_find(text, 22, point, sizeof(point)), 1, "the last one");
	is_str(point, "/long/path", "its place");
	is_int(mountinfo_find(text, 22, point, 10), -ENAMETOOLONG, "no room");
	is_int(mountinfo_find(text, 2, point, sizeof(point)), 0, "a number that others begin with");
	is_int(mountinfo_find("", 21, point, sizeof(point)), 0, "no mounts");
}

static void test_namespace(void)
{
	uint64_t own = 0, found = 0;
	int fd = nsfile_open("/proc/self/ns/mnt");

	is_int(nsfile_number(fd, &own), 0, "the number of our namespace");
	close(fd);
	fd = nsfile_find("mnt", own);
	ok(fd >= 0 && nsfile_number(fd, &found) == 0 && found == own, "by which it is found");
	close(fd);
	is_int(nsfile_find("mnt", 1), -ENOENT, "one that nobody is in");
}

int main(void)
{
	test_identity();
	test_existence();
	test_places();
	test_namespace();
	return tap_done();
}
