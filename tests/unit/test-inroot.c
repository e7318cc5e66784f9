/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the resolution of paths inside a root, and the copy of a directory. Needs no root. */
#include "rootfs/copyup.h"
#include "rootfs/inroot.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int root = -1;

static bool is_same(int fd, const char *path)
{
	struct stat a, b;

	return fd >= 0 && fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* What inroot_open() gives is what the path names on the host. */
static bool opens(const char *path, unsigned int how, const char *host)
{
	int fd = inroot_open(root, path, how);
	bool same = is_same(fd, host);

	if (fd >= 0)
		close(fd);
	return same;
}

static int open_result(const char *path, unsigned int how)
{
	int fd = inroot_open(root, path, how);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static bool makes(const char *path, unsigned int how, const char *host)
{
	int made, fd = inroot_make(root, path, how, &made);
	bool same = is_same(fd, host);

	if (fd >= 0)
		close(fd);
	return same;
}

static int make_result(const char *path, unsigned int how)
{
	int made, fd = inroot_make(root, path, how, &made);

	if (fd < 0)
		return fd;
	close(fd);
	return made;
}

static void link_to(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		ok(false, "symlink %s", path);
}

static void test_open(void)
{
	char self[64];

	ok(opens("/", 0, "root") && opens("", 0, "root") && opens("..", 0, "root") &&
		   opens("/../..//.", 0, "root"),
	   "nothing is above the root");
	ok(opens("/a/b", 0, "root/a/b") && opens("a//b/", 0, "root/a/b"),
	   "with or without a slash");
	ok(opens("/abs/b", 0, "root/a/b"), "an absolute symlink starts at the root");
	ok(opens("/up/a", 0, "root/a"), "a relative one does not leave it");
	ok(opens("/abs", INROOT_NO_FOLLOW, "root/abs"), "no-follow: the symlink itself");
	is_int(open_result("/abs", INROOT_EXACT), -ELOOP, "exact: no symlink at the end");
	is_int(open_result("/abs/b", INROOT_EXACT), -ELOOP, "exact: no symlink on the way");
	ok(opens("/a/b", INROOT_EXACT, "root/a/b"), "exact: ordinary directories pass");
	is_int(open_result("/a/../../outside", INROOT_EXACT), -EXDEV, "exact: not above the root");
	is_int(open_result("/outside", 0), -ENOENT, "what is beside the root is not seen");
	is_int(open_result("/file/x", 0), -ENOTDIR, "a file is no directory");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", root);
	link_to(self, "root/magic");
	is_int(open_result("/magic", 0), -ENOENT, "no procfs in the root, no magic links");
}

/* With the host's root as the root, a magic link is really there. */
static void test_magic(void)
{
	int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = inroot_open(slash, "/proc/self/root/tmp", 0);

	is_int(fd, -ELOOP, "magic links are not followed");
	if (fd >= 0)
		close(fd);
	close(slash);
}

static void test_make(void)
{
	struct stat st;

	is_int(make_result("/a/b", 0), 0, "nothing is made when it is there");
	is_int(make_result("/n/e/w", 0), 1, "directories are made");
	ok(stat("root/n/e", &st) == 0 && st.st_mode == (S_IFDIR | 0755), "with mode 0755");
	ok(makes("/n/file", INROOT_FILE, "root/n/file") && stat("root/n/file", &st) == 0 &&
		   S_ISREG(st.st_mode),
	   "or a file at the end");
	ok(makes("/abs/new", 0, "root/a/new"), "below a symlink");
	ok(makes("/dangle", 0, "root/x/y") && makes("/dangle/z", 0, "root/x/y/z"),
	   "a dangling symlink is followed inside the root");
	ok(makes("/etc/resolv.conf", INROOT_FILE, "root/run/sd/stub"), "a relative one too");
	ok(access("outside2", F_OK) < 0 && makes("/escape", 0, "root/outside2"),
	   "one that points outside as well");
	ok(access("outside2", F_OK) < 0, "and nothing is made outside");
	ok(makes("/chain", 0, "root/c/d"), "a chain of them");
	is_int(make_result("/loop", 0), -ELOOP, "a loop ends");
	is_int(make_result("/ping/x", 0), -ELOOP, "and one that grows");
	is_int(make_result("/dangle2", INROOT_EXACT), -ELOOP, "exact: not through a dangling one");
	is_int(make_result("/exact/new", INROOT_EXACT), 1, "exact: missing directories are made");
	is_int(make_result("/file/x", 0), -ENOTDIR, "not below a file");
}

static void test_make_limits(void)
{
	static char text[5000];

	memset(text, 'n', 300);
	is_int(make_result(text, 0), -ENAMETOOLONG, "a name of 300 bytes");
	for (size_t i = 0; i + 2 < 4000; i += 2)
		memcpy(text + i, "/d", 3);
	is_int(make_result(text, 0), -ENAMETOOLONG, "2000 missing directories are too many");
	memset(text, '/', sizeof(text) - 1);
	memcpy(text + sizeof(text) - 3, "zz", 2);
	is_int(make_result(text, 0), -ENAMETOOLONG, "a path of 5000 bytes");
}

static void test_parent(void)
{
	const char *name = NULL;
	int fd = inroot_parent(root, "/a/b/dev", 0, &name);

	ok(is_same(fd, "root/a/b"), "the directory of a path");
	is_str(name, "dev", "and its last component");
	close(fd);
	fd = inroot_parent(root, "/top", 0, &name);
	ok(is_same(fd, "root"), "the root's own");
	is_str(name, "top", "and the component there");
	close(fd);
	fd = inroot_parent(root, "/p/q/node", 0, &name);
	ok(is_same(fd, "root/p/q"), "it is made when it is missing");
	close(fd);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ok(false, "write %s", path);
	close(fd);
}

static int copy(const char *from, const char *to)
{
	int in = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int out = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = copyup_tree(in, out);

	close(in);
	close(out);
	return r;
}

static void test_copy(void)
{
	char text[16] = "", deep[256] = "from3";
	struct stat a, b;
	ssize_t n;
	int fd;

	mkdir("from", 0755);
	mkdir("to", 0755);
	mkdir("from/dir", 0755);
	write_file("from/dir/file", "0123456789");
	chmod("from/dir/file", 0751);
	chmod("from/dir", 01753);
	link_to("/etc/shadow", "from/link");
	mkfifo("from/fifo", 0600);
	for (int i = 0; i < 200; i++) {
		snprintf(deep, sizeof(deep), "from/dir/a-name-of-some-length-%d", i);
		write_file(deep, "");
	}
	is_int(copy("from", "to"), 0, "a directory is copied");
	fd = open("to/dir/file", O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ok(n == 10 && !strcmp(text, "0123456789"), "with the data of files");
	ok(stat("from/dir/file", &a) == 0 && stat("to/dir/file", &b) == 0 &&
		   a.st_mode == b.st_mode && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec,
	   "their modes and times");
	ok(stat("to/dir", &b) == 0 && b.st_mode == (S_IFDIR | 01753), "the modes of directories");
	n = readlink("to/link", text, sizeof(text) - 1);
	ok(n == 11 && !strncmp(text, "/etc/shadow", 11), "symlinks as they are");
	ok(lstat("to/fifo", &b) == 0 && S_ISFIFO(b.st_mode), "fifos");
	ok(access("to/dir/a-name-of-some-length-199", F_OK) == 0, "more than one read of entries");
	is_int(copy("from", "to"), -EEXIST, "not over what is there");
}

static void test_copy_depth(void)
{
	char path[512] = "deep";
	int fd;

	mkdir("deep", 0755);
	mkdir("to2", 0755);
	for (int i = 0; i < 80; i++) {
		strcat(path, "/d");
		mkdir(path, 0755);
	}
	fd = copy("deep", "to2");
	is_int(fd, -ELOOP, "directories nested too deep are refused");
}

int main(void)
{
	char dir[] = "/tmp/rundlet-inroot.XXXXXX";
	char cmd[64];

	umask(0);
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 1;
	mkdir("root", 0755);
	mkdir("root/a", 0755);
	mkdir("root/a/b", 0755);
	mkdir("root/etc", 0755);
	mkdir("root/run", 0755);
	mkdir("outside", 0755);
	write_file("root/file", "");
	link_to("/a", "root/abs");
	link_to("../../..", "root/up");
	link_to("/x/y", "root/dangle");
	link_to("/x2/y", "root/dangle2");
	link_to("../run/sd/stub", "root/etc/resolv.conf");
	link_to("../../outside2", "root/escape");
	link_to("chain2", "root/chain");
	link_to("/c/d", "root/chain2");
	link_to("loop", "root/loop");
	link_to("/ping/ping", "root/ping");
	root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	test_open();
	test_magic();
	test_make();
	test_make_limits();
	test_parent();
	test_copy();
	test_copy_depth();
	close(root);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (chdir("/") < 0 || system(cmd) != 0)
		ok(false, "remove the scratch directory");
	return tap_done();
}
