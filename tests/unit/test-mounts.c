/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the file tree of a container as its process finds it: each kind of mount, device and mask.
 */
#include "tests/unit/rootfs-look.h"

/* ---- the usual container ---- */

static void fill_usual(struct box *b)
{
	box_usual_mounts(b);
	b->root.has_readonly = b->root.readonly = true;
	box_device(b, "/dev/fuse", "c", 10, 229)->gid = 7;
	b->devices[0]->has_gid = b->devices[0]->has_file_mode = true;
	b->devices[0]->file_mode = S_IFCHR | 0640;
	box_device(b, "/dev/sub/loop", "b", 7, 1);
	box_device(b, "/dev/pipe", "p", 0, 0);
	box_mask(b, "/proc/acpi");
	box_mask(b, "/proc/cmdline");
	box_mask(b, "/proc/version");
	box_mask(b, "/proc/not-there");
	box_mask(b, "/etc/passwd/below-a-file");
	box_mask(b, "/sys/firmware");
	box_mask(b, "/sys/kernel");
	box_readonly(b, "/proc/sys");
	box_readonly(b, "/proc/uptime");
	box_readonly(b, "/no/such/path");
}

static void inside_usual_devices(void)
{
	struct stat st;

	check(box_is_device("/dev/null", 1, 3) && box_is_device("/dev/zero", 1, 5) &&
		      box_is_device("/dev/full", 1, 7) && box_is_device("/dev/random", 1, 8) &&
		      box_is_device("/dev/urandom", 1, 9) && box_is_device("/dev/tty", 5, 0),
	      "the six default devices are there");
	check(stat("/dev/null", &st) == 0 && (st.st_mode & 07777) == 0666 && st.st_uid == 0,
	      "a default device has mode 0666 in spite of the umask");
	check(lstat("/dev/fuse", &st) == 0 && st.st_mode == (S_IFCHR | 0640) && st.st_gid == 7 &&
		      st.st_rdev == makedev(10, 229),
	      "a device of the configuration has its mode and owner");
	check(lstat("/dev/sub/loop", &st) == 0 && S_ISBLK(st.st_mode) &&
		      st.st_rdev == makedev(7, 1),
	      "a block device in a directory that was missing");
	check(lstat("/dev/pipe", &st) == 0 && S_ISFIFO(st.st_mode), "a fifo");
	check(is_link("/dev/ptmx", "pts/ptmx") && is_link("/dev/fd", "/proc/self/fd") &&
		      is_link("/dev/stdin", "/proc/self/fd/0") &&
		      is_link("/dev/stderr", "/proc/self/fd/2") &&
		      (access("/proc/kcore", F_OK) < 0 || is_link("/dev/core", "/proc/kcore")),
	      "the links of /dev");
}

static void inside_usual(void)
{
	char cwd[16];

	check(is_fs("/proc", PROC_SUPER_MAGIC) && is_fs("/sys", SYSFS_MAGIC) &&
		      is_fs("/dev", TMPFS_MAGIC) && is_fs("/dev/pts", DEVPTS_SUPER_MAGIC) &&
		      is_fs("/dev/mqueue", 0x19800202),
	      "each file system is at its place");
	check(is_link("/proc/self", "1"), "procfs is of the container's pid namespace");
	check(!strcmp(getcwd(cwd, sizeof(cwd)) ? cwd : "", "/"), "the working directory is /");
	check(access("/H", F_OK) < 0 && access("/tmp/rundlet", F_OK) < 0 &&
		      !has(box_read("/proc/self/mountinfo"), "rundlet-box"),
	      "nothing of the old root is left");
	check(has(box_mountinfo("/dev"), "rw,nosuid - tmpfs") &&
		      has(box_mountinfo("/dev"), "size=65536k,mode=755"),
	      "options of /dev (strictatime)");
	check(has(box_mountinfo("/sys"), "ro,nosuid,nodev,noexec,relatime"), "options of /sys");
	check(has(box_mountinfo("/dev/shm"), "rw,nosuid,nodev,noexec,relatime"), "options of shm");
	inside_usual_devices();
	check(is_readonly("/") && is_readonly("/etc") && !is_readonly("/dev"),
	      "the root is read-only, /dev is not");
	check(box_is_device("/proc/cmdline", 1, 3) && box_is_device("/proc/version", 1, 3),
	      "masked files are the null device");
	check(count_entries("/sys/firmware") == 2 && count_entries("/sys/kernel") == 2 &&
		      is_fs("/sys/kernel", TMPFS_MAGIC) && is_readonly("/sys/kernel"),
	      "masked directories are empty and read-only");
	check(has(box_mountinfo("/proc/sys"), " ro,") &&
		      open("/proc/sys/kernel/hostname", O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS,
	      "a read-only path cannot be written");
	check(has(box_mountinfo("/proc/uptime"), " ro,"), "a read-only file");
}

/* ---- bind mounts ---- */

static void fill_binds(struct box *b)
{
	mkdir("src", 0755);
	mkdir("src/sub", 0755);
	box_write("src/file", "content\n");
	mount("sub", "src/sub", "tmpfs", 0, "size=1m");
	box_write("src/sub/deep", "deep\n");
	if (symlink("file", "src/link") < 0)
		check(false, "symlink");
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "plain", "bind", "src", "bind", NULL);
	box_mount(b, "/rec", NULL, "src", "rbind", "ro", "nosuid", NULL);
	box_mount(b, "/rro", "bind", "src", "rbind", "rro", "rnoexec", NULL);
	box_mount(b, "/new/dir/file", "none", "src/file", "bind", "ro", "noatime", NULL);
	box_mount(b, "/link", "bind", "src/link", "bind", "src-nofollow", NULL);
	box_mount(b, "/slink", "bind", "src/file", "bind", "dest-nofollow", NULL);
	if (symlink("/etc/passwd", "rootfs/slink") < 0)
		check(false, "symlink");
	box_mount(b, "/tmp", "tmpfs", "tmpfs", NULL);
	chmod("rootfs/tmp", 01770);
	box_mount(b, "/over", "overlay", "overlay", "lowerdir=/usr:/etc", NULL);
	box_mount(b, "/rec", NULL, NULL, "remount", "bind", "nodev", "rw", NULL);
}

static void inside_binds(void)
{
	struct stat st;

	check(!strcmp(box_read("/plain/file"), "content\n") && access("/plain/sub/deep", F_OK) < 0,
	      "bind: the directory without the mounts in it; a relative destination is from /");
	check(!strcmp(box_read("/rec/sub/deep"), "deep\n") && !is_readonly("/rec/sub"),
	      "rbind,ro: with the mounts in it, which stay writable");
	check(!is_readonly("/rec") && has(box_mountinfo("/rec"), "rw,nosuid,nodev"),
	      "remount,bind: other attributes, the rest stays");
	check(is_readonly("/rro") && is_readonly("/rro/sub") &&
		      has(box_mountinfo("/rro/sub"), "ro,noexec"),
	      "rro,rnoexec: down to the last mount");
	check(!strcmp(box_read("/new/dir/file"), "content\n") &&
		      open("/new/dir/file", O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS,
	      "a file on a path that was missing");
	check(has(box_mountinfo("/new/dir/file"), "noatime"), "noatime");
	check(lstat("/link", &st) == 0 && S_ISLNK(st.st_mode), "src-nofollow: the symlink itself");
	check(!strcmp(box_read("/etc/passwd"), "root\n") &&
		      !strcmp(box_read("/slink"), "content\n"),
	      "dest-nofollow: on the symlink, not on its target");
	check(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01770,
	      "a tmpfs has the mode of the directory below");
	check(is_fs("/over", OVERLAYFS_SUPER_MAGIC) && access("/over/passwd", F_OK) == 0,
	      "overlay");
}

/* ---- options that only mount(2) can carry; copies; late read-only ---- */

static void fill_special(struct box *b)
{
	static char lower[600];

	for (int i = 0; i < 60; i++)
		strcat(lower, i ? "/././././" : "lowerdir=/usr");
	strcat(lower, ":/etc");
	mkdir("rootfs/run", 0750);
	mkdir("rootfs/run/d", 0700);
	box_write("rootfs/run/d/f", "in the image\n");
	if (chown("rootfs/run/d/f", 5, 6) < 0 || chmod("rootfs/run/d/f", 04755) < 0 ||
	    chmod("rootfs/run/d", 02711) < 0 || symlink("d/f", "rootfs/run/l") < 0 ||
	    mkfifo("rootfs/run/p", 0600) < 0)
		check(false, "fill run");
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/over", "overlay", "overlay", lower, "nodev", "private", NULL);
	mkdir("rootfs/iv", 0755);
	if (chmod("rootfs/iv", 01730) < 0)
		check(false, "chmod iv");
	box_mount(b, "/iv", "tmpfs", "tmpfs", "iversion", "noexec", "size=8k", NULL);
	box_mount(b, "/sync", "tmpfs", "tmpfs", "sync", "size=8k", NULL);
	box_mount(b, "/run", "tmpfs", "tmpfs", "tmpcopyup", "nosuid", "ro", NULL);
	box_mount(b, "/late", "tmpfs", "tmpfs", "ro", "mode=711", NULL);
	box_mount(b, "/late/sub", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/dev", "tmpfs", "tmpfs", "ro", NULL);
	box_mount(b, "/tmp", "tmpfs", "tmpfs", "ro", NULL);
	box_mount(b, "/tmp", "tmpfs", "tmpfs", "mode=1755", NULL);
	box_mount(b, "/tmp/sub", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/hidden/late", "tmpfs", "tmpfs", "ro", NULL);
	box_mount(b, "/hidden/late/sub", "tmpfs", "tmpfs", NULL);
	box_mask(b, "/hidden");
	box_mount(b, "/iv", NULL, NULL, "remount", "size=16k", NULL);
}

static void inside_special(void)
{
	struct stat st;

	check(is_fs("/over", OVERLAYFS_SUPER_MAGIC) && access("/over/passwd", F_OK) == 0 &&
		      has(box_mountinfo("/over"), "nodev"),
	      "a parameter of more than 255 bytes");
	check(has(box_mountinfo("/iv"), "noexec"), "iversion goes by mount(2), attributes too");
	check(has(box_mountinfo("/iv"), "size=16k"), "remount: another parameter");
	check(stat("/iv", &st) == 0 && (st.st_mode & 07777) == 01730,
	      "and the mode of the directory below");
	check(has(box_mountinfo("/sync"), "sync"), "sync is a matter of the file system");
	check(!strcmp(box_read("/run/d/f"), "in the image\n") &&
		      !strcmp(box_read("/run/l"), "in the image\n"),
	      "tmpcopyup: files and links of the image are in the tmpfs");
	check(lstat("/run/d/f", &st) == 0 && st.st_mode == (S_IFREG | 04755) && st.st_uid == 5 &&
		      st.st_gid == 6,
	      "with mode and owner");
	check(lstat("/run/d", &st) == 0 && st.st_mode == (S_IFDIR | 02711) &&
		      lstat("/run/p", &st) == 0 && S_ISFIFO(st.st_mode) &&
		      lstat("/run", &st) == 0 && (st.st_mode & 07777) == 0750,
	      "directories and fifos too");
	check(is_fs("/run", TMPFS_MAGIC) && is_readonly("/run") &&
		      has(box_mountinfo("/run"), "ro,nosuid"),
	      "and then it is read-only");
	check(is_readonly("/late") && is_fs("/late/sub", TMPFS_MAGIC) && !is_readonly("/late/sub"),
	      "a read-only tmpfs has the mount points that follow");
	check(!is_readonly("/tmp") && has(box_mountinfo("/tmp"), "mode=1755") &&
		      umount("/tmp/sub") == 0 && umount("/tmp") == 0 && is_readonly("/tmp"),
	      "of two tmpfs on one place the one below is read-only");
	check(count_entries("/hidden") == 2 && umount("/hidden") == 0 &&
		      is_readonly("/hidden/late"),
	      "one that is masked becomes read-only, too");
	check(is_readonly("/dev") && box_is_device("/dev/null", 1, 3),
	      "a read-only /dev has its devices");
}

/* ---- propagation ---- */

static void fill_shared(struct box *b)
{
	mkdir("vol", 0755);
	mkdir("vol/sub", 0755);
	mkdir("mnt", 0755);
	mkdir("mnt/sub", 0755);
	mount("vol", "vol", "tmpfs", 0, NULL);
	mkdir("vol/sub", 0755);
	mount("mnt", "mnt", "tmpfs", 0, NULL);
	mkdir("mnt/sub", 0755);
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/vol", "bind", "vol", "rbind", NULL);
	box_mount(b, "/mnt", "bind", "mnt", "rbind", "rshared", NULL);
	box_mount(b, "/mnt/sub", "tmpfs", "t", "private", NULL);
}

static void inside_slave(void)
{
	check(has(box_mountinfo("/"), "master:") && !has(box_mountinfo("/"), "shared:"),
	      "the root is a slave of the host");
	check(has(box_mountinfo("/vol"), "master:") && !has(box_mountinfo("/vol"), "shared:"),
	      "a bind mount is a slave of its source, not a peer");
	check(mount("x", "/vol/sub", "tmpfs", 0, NULL) == 0, "a mount in the container");
	check(has(box_mountinfo("/mnt"), "shared:") && has(box_mountinfo("/mnt"), "master:"),
	      "rshared: a peer group of its own below the host's");
	check(!has(box_mountinfo("/mnt/sub"), "shared:"),
	      "private on a shared mount stays private");
}

static void inside_shared_root(void)
{
	check(has(box_mountinfo("/"), "shared:"), "the root is shared");
	check(has(box_mountinfo("/vol"), "shared:") && !has(box_mountinfo("/vol"), "master:"),
	      "a bind mount stays a peer of its source");
}

static void fill_shared_root(struct box *b)
{
	static char word[] = "shared";

	fill_shared(b);
	b->c.n_mounts = 3;
	b->l.rootfs_propagation = word;
}

static void inside_private_root(void)
{
	check(!has(box_mountinfo("/"), "shared:") && !has(box_mountinfo("/"), "master:") &&
		      !has(box_mountinfo("/vol"), "master:"),
	      "rootfsPropagation private: no ties at all");
}

static void fill_private_root(struct box *b)
{
	static char word[] = "rprivate";

	fill_shared(b);
	b->c.n_mounts = 2;
	b->l.rootfs_propagation = word;
}

static void fill_unbindable_root(struct box *b)
{
	static char word[] = "unbindable";

	fill_shared(b);
	b->c.n_mounts = 2;
	box_readonly(b, "/etc");
	b->l.rootfs_propagation = word;
}

static void inside_unbindable_root(void)
{
	check(has(box_mountinfo("/"), "unbindable"), "rootfsPropagation unbindable");
	check(is_readonly("/etc"), "read-only paths go with it");
}

/* ---- cgroups, as this host has them ---- */

static struct cgroupfs cgroups;

static void fill_cgroup(struct box *b)
{
	if (cgroupfs_probe(&cgroups) < 0)
		check(false, "probe the cgroups");
	b->facts.cgroupfs = &cgroups;
	box_usual_mounts(b);
	box_mount(b, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime",
		  "ro", NULL);
}

static void fill_cgroup_bound(struct box *b)
{
	fill_cgroup(b);
	b->facts.cgroup_namespace = false;
	b->facts.cgroup_path = "/";
}

static const char *cgroup_place(const struct cgroupfs_hierarchy *h)
{
	static char path[512];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s",
		 cgroups.mode == CGROUPFS_V2 ? "" : strrchr(h->mount, '/'));
	return path;
}

static void inside_cgroup(void)
{
	for (size_t i = 0; i < cgroups.n; i++) {
		const char *place = cgroup_place(&cgroups.h[i]);
		const char *line = box_mountinfo(place);

		check(is_fs(place, cgroups.h[i].v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC) &&
			      has(line, "ro,nosuid,nodev,noexec"),
		      "%s is there, read-only", place);
		if (!cgroups.h[i].v2 && !strchr(cgroups.h[i].controllers, '='))
			check(has(line, cgroups.h[i].controllers), "with %s",
			      cgroups.h[i].controllers);
	}
	check(is_readonly("/sys/fs/cgroup"), "what holds them is read-only too");
}

static void test_cgroup(void)
{
	if (cgroupfs_probe(&cgroups) < 0 || cgroups.mode == CGROUPFS_NONE) {
		skip("this host has no cgroups mounted");
		return;
	}
	box_run(&(struct box_case){ "cgroup", fill_cgroup, inside_cgroup, .after = NULL }, true);
	box_run(&(struct box_case){ "cgroup bound", fill_cgroup_bound, inside_cgroup,
				    .after = NULL },
		true);
	box_run(&(struct box_case){ "cgroup, user namespace", fill_cgroup, inside_cgroup,
				    .userns = true },
		true);
}

/* ---- what the kernel refuses ---- */

static void fill_bad_option(struct box *b)
{
	box_mount(b, "/tmp", "tmpfs", "tmpfs", "size=many", NULL);
}

static void fill_bad_type(struct box *b)
{
	box_mount(b, "/tmp", "nosuchfs", "x", NULL);
}

static void fill_bad_remount(struct box *b)
{
	box_mount(b, "/etc", NULL, NULL, "remount", "bind", "ro", NULL);
}

static void fill_missing_source(struct box *b)
{
	box_mount(b, "/tmp", "bind", "not/there", "bind", NULL);
}

static void fill_root_is_file(struct box *b)
{
	b->root.path = arena_str(&b->arena, "H/f");
}

static void test_refusals(void)
{
	box_run(&(struct box_case){ "bad option", fill_bad_option, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[0]",
		     "mount tmpfs on /tmp: set its option \"size\": Invalid argument");
	if (!box_log->skip[0])
		ok(strstr(box_log->err.hint, "Bad value for 'size'") != NULL,
		   "the file system's own words are the hint");
	box_run(&(struct box_case){ "bad type", fill_bad_type, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[0]", "mount nosuchfs on \"/tmp\": No such device");
	box_run(&(struct box_case){ "bad remount", fill_bad_remount, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[0]", "remount \"/etc\": Invalid argument");
	box_run(&(struct box_case){ "missing source", fill_missing_source, .after = NULL }, false);
	box_is_error("sources_open", "mounts[0].source",
		     "/not/there\": file or directory not found");
	box_run(&(struct box_case){ "root is a file", fill_root_is_file, .after = NULL }, false);
	box_is_error("sources_open", "root.path", "/H/f\" is not a directory");
}

int main(void)
{
	box_run(&(struct box_case){ "usual", fill_usual, inside_usual, .after = NULL }, true);
	box_run(&(struct box_case){ "bind", fill_binds, inside_binds, .after = NULL }, true);
	box_run(&(struct box_case){ "special", fill_special, inside_special, .after = NULL }, true);
	box_run(&(struct box_case){ "slave", fill_shared, inside_slave, .shared_host = true },
		true);
	box_run(&(struct box_case){ "shared root", fill_shared_root, inside_shared_root,
				    .shared_host = true },
		true);
	box_run(&(struct box_case){ "private root", fill_private_root, inside_private_root,
				    .shared_host = true },
		true);
	box_run(&(struct box_case){ "unbindable root", fill_unbindable_root, inside_unbindable_root,
				    .shared_host = true },
		true);
	test_cgroup();
	test_refusals();
	return tap_done();
}
