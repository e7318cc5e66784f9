/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile images against the file tree: symlinks where mount points, devices and masks are
 * expected. Each case may end in a refusal or in a safe container; H is the host's and must stay as
 * it was (the box compares it). The rows S4 ... S22 are those of the security suite.
 */
#include "tests/unit/rootfs-look.h"

static void plant(const char *target, const char *path)
{
	rmdir(path);
	unlink(path);
	if (symlink(target, path) < 0)
		check(false, "symlink %s: %s", path, strerror(errno));
}

/* Absolute path of something in the scratch. */
static const char *scratch(const struct box *b, const char *what)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", b->dir, what);
	return path;
}

/* ---- S5, S14: mount points through symlinks ---- */

static void fill_links_out(struct box *b)
{
	mkdir("src", 0755);
	box_write("src/file", "x");
	plant(scratch(b, "H/dir"), "rootfs/abs");
	plant("../../../../../../H/dir", "rootfs/rel");
	plant(scratch(b, "H"), "rootfs/vol");
	box_mount(b, "/abs", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/rel", "bind", "src", "bind", NULL);
	box_mount(b, "/vol/new/sub", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/vol/newfile", "bind", "src/file", "bind", NULL);
}

static void inside_links_out(void)
{
	check(is_fs("/abs", TMPFS_MAGIC) && access("/rel/file", F_OK) == 0 &&
		      access("/H/dir/file", F_OK) == 0,
	      "S5: an absolute and a relative symlink stay in the root");
	check(is_fs("/vol/new/sub", TMPFS_MAGIC) && access("/vol/newfile", F_OK) == 0,
	      "S14: what is missing is made in the root");
}

/* ---- S12: /proc, /sys, /dev as symlinks ---- */

static const char *link_path, *link_target;

static void fill_link_at(struct box *b)
{
	plant(strcmp(link_target, "H") ? link_target : scratch(b, "H/dir"), link_path);
	mkdir("rootfs/foo", 0755);
	box_usual_mounts(b);
	box_mask(b, "/proc/version");
}

static void expect_refusal_at(const char *path, const char *target, const char *where,
			      const char *text)
{
	const struct box_case t = { "S12", fill_link_at, NULL, .after = NULL };

	link_path = path;
	link_target = target;
	box_run(&t, false);
	box_is_error("mounts_attach", where, text);
}

static void fill_link_above(struct box *b)
{
	mkdir("rootfs/a", 0755);
	plant("a", "rootfs/b");
	box_mount(b, "/b/proc", "proc", "proc", NULL);
}

/* ---- S4: mounts that a symlink of the image leads onto /proc or the root ---- */

static void fill_into_proc(struct box *b)
{
	plant(link_target, "rootfs/data");
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/data", "tmpfs", "tmpfs", NULL);
}

static void expect_refusal_of(const char *target, const char *text)
{
	const struct box_case t = { "S4", fill_into_proc, NULL, .after = NULL };

	link_target = target;
	box_run(&t, false);
	box_is_error("mounts_attach", "mounts[1]", text);
}

static void fill_false_proc(struct box *b)
{
	box_mount(b, "/proc", "bind", scratch(b, "H/dir"), "bind", NULL);
}

static void fill_sub_proc(struct box *b)
{
	box_mount(b, "/proc", "bind", "/proc/sys", "bind", NULL);
}

static void fill_host_proc(struct box *b)
{
	box_mount(b, "/proc", "bind", "/proc", "rbind", NULL);
	box_mount(b, "/host", "bind", "/proc", "bind", NULL);
	mkdir("data", 0755);
	box_mount(b, "/host/tty", "bind", "data", "bind", NULL);
}

static void inside_host_proc(void)
{
	check(is_fs("/proc", PROC_SUPER_MAGIC), "procfs itself may be bound on /proc");
	check(!is_fs("/host/tty", PROC_SUPER_MAGIC), "and another procfs may be mounted on");
}

static void fill_proc_elsewhere(struct box *b)
{
	fill_host_proc(b);
	b->mounts[0] = b->mounts[1];
	b->mounts[1] = b->mounts[2];
	b->c.n_mounts = 2;
	rmdir("rootfs/proc");
}

static void inside_proc_elsewhere(void)
{
	check(is_fs("/host", PROC_SUPER_MAGIC) && !is_fs("/host/tty", PROC_SUPER_MAGIC),
	      "a procfs elsewhere may be mounted on, though there is no /proc");
}

static void fill_proc_is_file(struct box *b)
{
	(void)b;
	rmdir("rootfs/proc");
	box_write("rootfs/proc", "");
}

/* ---- S16: what hides files does not come from the image ---- */

static void (*make_null)(const struct box *b);

static void fill_false_null(struct box *b)
{
	make_null(b);
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mask(b, "/etc/passwd");
}

static void null_is_link(const struct box *b)
{
	plant(scratch(b, "H/f"), "rootfs/dev/null");
}

static void null_is_file(const struct box *b)
{
	(void)b;
	box_write("rootfs/dev/null", "");
}

static void null_is_fifo(const struct box *b)
{
	(void)b;
	if (mkfifo("rootfs/dev/null", 0666) < 0)
		check(false, "mkfifo");
}

static void null_is_zero(const struct box *b)
{
	(void)b;
	if (mknod("rootfs/dev/null", S_IFCHR | 0666, makedev(1, 5)) < 0)
		check(false, "mknod");
}

static void fill_bound_false_null(struct box *b)
{
	mkdir("dev", 0755);
	plant("/etc/group", "dev/null");
	box_write("rootfs/etc/group", "group\n");
	box_mount(b, "/dev", "bind", "dev", "bind", NULL);
	box_mask(b, "/etc/passwd");
	box_mask(b, "/etc/shadow-link");
	box_mask(b, "/tmp");
	plant("group", "rootfs/etc/shadow-link");
}

static void inside_bound_false_null(void)
{
	check(box_is_device("/etc/passwd", 1, 3) && box_is_device("/etc/group", 1, 3),
	      "S16: masks are the host's null device, whatever /dev/null is in the container");
	check(is_fs("/tmp", TMPFS_MAGIC) && mkdir("/tmp/x", 0700) < 0 && errno == EROFS,
	      "and an empty read-only file system of ours");
}

static void fill_false_host_null(struct box *b)
{
	box_mask(b, "/etc/passwd");
	if (mount("/dev/zero", "/dev/null", NULL, MS_BIND, NULL) < 0)
		check(false, "bind /dev/zero on /dev/null");
}

static void fill_missing_bound_device(struct box *b)
{
	mkdir("dev", 0755);
	box_mount(b, "/dev", "bind", "dev", "bind", NULL);
	box_device(b, "/dev/mynull", "c", 1, 3);
}

static void after_missing_bound_device(struct box *b)
{
	check(access(scratch(b, "dev/mynull"), F_OK) < 0,
	      "no device is made in a /dev that is bound");
}

/* ---- S20, S21, S15: /dev and what is in it as symlinks ---- */

static void fill_dev_absolute(struct box *b)
{
	plant(scratch(b, "H/dir"), "rootfs/dev");
}

static void fill_dev_relative(struct box *b)
{
	(void)b;
	plant("../../../H/dir", "rootfs/dev");
}

static void inside_dev_link(void)
{
	check(box_is_device("/dev/null", 1, 3) && box_is_device("/dev/tty", 5, 0),
	      "S20: the devices are made where the symlink leads inside the root");
}

static void fill_dev_entries(struct box *b)
{
	plant(scratch(b, "H/dir"), "rootfs/dev/pts");
	plant(scratch(b, "H/dir/ptmx"), "rootfs/dev/ptmx");
	plant(scratch(b, "H/new"), "rootfs/dev/fd");
	plant(scratch(b, "H/other"), "rootfs/dev/x");
	plant(scratch(b, "H"), "rootfs/x");
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", NULL);
	box_device(b, "/dev/x/y", "c", 1, 3);
	box_device(b, "/x/z", "c", 1, 3);
}

static void inside_dev_entries(void)
{
	char target[64];
	ssize_t n = readlink("/dev/ptmx", target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = 0;
	check(is_fs("/dev/pts", DEVPTS_SUPER_MAGIC), "S20: devpts lands in the root");
	check(!strcmp(target, "pts/ptmx"), "S20: a false ptmx is replaced");
	check(box_is_device("/dev/x/y", 1, 3) && box_is_device("/x/z", 1, 3),
	      "S20: devices behind a symlink are made in the root");
}

static void fill_device_is_link(struct box *b)
{
	plant(scratch(b, "H/f"), "rootfs/dev/tty");
}

static void fill_device_dangles(struct box *b)
{
	plant(scratch(b, "H/new"), "rootfs/dev/tty");
}

/* It leads to the right device, on the host: seen through the link it would match. */
static void fill_device_is_link_to_device(struct box *b)
{
	(void)b;
	plant("/dev/tty", "rootfs/dev/tty");
}

static void attacks_on_devices(bool userns)
{
	box_run(&(struct box_case){ "S20 absolute", fill_dev_absolute, inside_dev_link,
				    .userns = userns },
		true);
	box_run(&(struct box_case){ "S20 relative", fill_dev_relative, inside_dev_link,
				    .userns = userns },
		true);
	box_run(&(struct box_case){ "S20 entries", fill_dev_entries, inside_dev_entries,
				    .userns = userns },
		true);
	box_run(&(struct box_case){ "S22", fill_device_is_link, .userns = userns }, false);
	box_is_error("devices_make", "", "make the device \"/dev/tty\"");
	box_run(&(struct box_case){ "S22 same device", fill_device_is_link_to_device,
				    .userns = userns },
		false);
	box_is_error("devices_make", "", "make the device \"/dev/tty\"");
	box_run(&(struct box_case){ "S21", fill_device_dangles, .userns = userns }, false);
	box_is_error("devices_make", "", "make the device \"/dev/tty\"");
}

static void attack_null(const char *name, void (*make)(const struct box *))
{
	const struct box_case t = { name, fill_false_null, NULL, .after = NULL };

	make_null = make;
	box_run(&t, false);
	box_is_error("devices_make", "", "make the device \"/dev/null\"");
}

/* ---- magic links, types ---- */

static void fill_magic(struct box *b)
{
	plant("/proc/self/root/etc", "rootfs/m");
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/m", "tmpfs", "tmpfs", NULL);
}

static void fill_loop(struct box *b)
{
	plant("/loop2", "rootfs/loop");
	plant("/loop", "rootfs/loop2");
	box_mount(b, "/loop/x", "tmpfs", "tmpfs", NULL);
}

static void fill_wrong_type(struct box *b)
{
	mkdir("src", 0755);
	box_mount(b, "/etc/passwd", "bind", "src", "bind", NULL);
}

static void fill_wrong_type2(struct box *b)
{
	box_mount(b, "/etc", "bind", scratch(b, "H/f"), "bind", NULL);
}

int main(void)
{
	box_run(&(struct box_case){ "S5", fill_links_out, inside_links_out, .after = NULL }, true);
	box_run(&(struct box_case){ "S5 user namespace", fill_links_out, inside_links_out,
				    .userns = true },
		true);

	expect_refusal_at("rootfs/proc", "/foo", "mounts[0]", "mount proc on \"/proc\"");
	expect_refusal_at("rootfs/proc", "foo", "mounts[0]", "mount proc on \"/proc\"");
	expect_refusal_at("rootfs/proc", "dangling", "mounts[0]", "mount proc on \"/proc\"");
	expect_refusal_at("rootfs/proc", "H", "mounts[0]", "mount proc on \"/proc\"");
	expect_refusal_at("rootfs/sys", "/foo", "mounts[5]", "mount sysfs on \"/sys\"");
	expect_refusal_at("rootfs/sys", "H", "mounts[5]", "mount sysfs on \"/sys\"");
	expect_refusal_at("rootfs/dev", "/foo", "mounts[4]", "mount mqueue on \"/dev/mqueue\"");
	box_run(&(struct box_case){ "S6 directory above", fill_link_above, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[0]", "mount proc on \"/b/proc\"");

	expect_refusal_of("/proc", "mount tmpfs on \"/data\"");
	expect_refusal_of("proc/sys/kernel", "mount tmpfs on \"/data\"");
	expect_refusal_of("/", "mount tmpfs on \"/data\"");
	expect_refusal_of("..", "mount tmpfs on \"/data\"");
	box_run(&(struct box_case){ "S4 false proc", fill_false_proc, .after = NULL }, false);
	box_is_error("sources_open", "mounts[0].source", "is not procfs");
	box_run(&(struct box_case){ "S4 part of proc", fill_sub_proc, .after = NULL }, false);
	box_is_error("sources_open", "mounts[0].source", "is not procfs");
	box_run(&(struct box_case){ "S4 host's proc", fill_host_proc, inside_host_proc,
				    .after = NULL },
		true);

	box_run(&(struct box_case){ "S4 procfs elsewhere", fill_proc_elsewhere,
				    inside_proc_elsewhere, .after = NULL },
		true);
	box_run(&(struct box_case){ "proc is a file", fill_proc_is_file, .after = NULL }, false);
	box_is_error("devices_make", "", "make the link \"/dev/fd\": Not a directory");

	attack_null("S16 link", null_is_link);
	attack_null("S16 file", null_is_file);
	attack_null("S16 fifo", null_is_fifo);
	attack_null("S16 zero", null_is_zero);
	box_run(&(struct box_case){ "S16 bound /dev", fill_bound_false_null,
				    inside_bound_false_null, .after = NULL },
		true);
	box_run(&(struct box_case){ "S16 host's null", fill_false_host_null, .after = NULL },
		false);
	box_is_error("sources_open", "", "is not the null device");
	box_run(&(struct box_case){ "bound /dev, missing device", fill_missing_bound_device, NULL,
				    after_missing_bound_device, .userns = false },
		false);
	box_is_error("devices_make", "linux.devices[0]", "make the device \"/dev/mynull\"");

	attacks_on_devices(false);
	attacks_on_devices(true);

	box_run(&(struct box_case){ "magic link", fill_magic, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[1]", "mount tmpfs on \"/m\"");
	box_run(&(struct box_case){ "loop", fill_loop, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[0]", "mount tmpfs on \"/loop/x\"");
	box_run(&(struct box_case){ "directory on a file", fill_wrong_type, .after = NULL }, false);
	box_is_error("mounts_attach", "mounts[0]", "Not a directory");
	box_run(&(struct box_case){ "file on a directory", fill_wrong_type2, .after = NULL },
		false);
	box_is_error("mounts_attach", "mounts[0]", "Is a directory");
	return tap_done();
}
