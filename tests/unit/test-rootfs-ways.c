/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the other ways into a container's file tree: in a user namespace, without pivot_root, in a
 * mount namespace that is joined, with devices that are there already.
 */
#include "tests/unit/rootfs-look.h"

static void fill_userns(struct box *b)
{
	box_usual_mounts(b);
	box_device(b, "/dev/pipe", "p", 0, 0);
	box_device(b, "/dev/mynull", "c", 1, 3);
	box_mask(b, "/proc/cmdline");
	box_mask(b, "/proc/version");
	box_mask(b, "/sys/firmware");
	box_mask(b, "/sys/kernel");
	box_readonly(b, "/proc/sys");
	mkdir("vol", 0755);
	box_mount(b, "/vol", "bind", "vol", "rbind", "ro", NULL);
}

static void inside_userns(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	check(fd >= 0 && write(fd, "x", 1) == 1, "the null device works in a user namespace");
	check(box_is_device("/dev/null", 1, 3) && box_is_device("/dev/tty", 5, 0) &&
		      box_is_device("/dev/mynull", 1, 3),
	      "devices are bound from the host, by number");
	check(box_is_device("/proc/cmdline", 1, 3) && box_is_device("/proc/version", 1, 3) &&
		      count_entries("/sys/kernel") == 2,
	      "masks");
	check(is_readonly("/vol") && has(box_mountinfo("/proc/sys"), " ro,"), "read-only ones");
	check(!has(box_read("/proc/self/mountinfo"), "rundlet-box"), "the old root is gone");
}

static void fill_no_pivot(struct box *b)
{
	box_usual_mounts(b);
	b->facts.no_pivot = true;
	box_mask(b, "/proc/cmdline");
}

/*
 * Whether a new user namespace may mount procfs without our masks: the kernel allows it when some
 * mount of procfs in the mount namespace is fully visible, and be it below the root.
 */
static bool can_mount_proc_anew(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0)
			_exit(2);
		pid = fork();
		if (pid == 0)
			_exit(mount("proc", "/proc", "proc", 0, NULL) == 0);
		waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void inside_no_pivot(void)
{
	char cwd[16];

	check(!strcmp(getcwd(cwd, sizeof(cwd)) ? cwd : "", "/"), "the working directory is /");
	check(access("/H", F_OK) < 0 && access("/etc/passwd", F_OK) == 0,
	      "the root is the container's");
	check(is_link("/proc/self", "1") && box_is_device("/proc/cmdline", 1, 3), "proc and masks");
	check(!can_mount_proc_anew(), "no user namespace can mount procfs without our masks");
	check(chroot("..") == 0 && access("/etc/passwd", F_OK) == 0, ".. does not lead out");
}

static void fill_existing(struct box *b)
{
	(void)b;
	if (mknod("rootfs/dev/null", S_IFCHR | 0600, makedev(1, 3)) < 0 ||
	    mknod("rootfs/dev/ptmx", S_IFCHR | 0600, makedev(5, 2)) < 0 ||
	    symlink("elsewhere", "rootfs/dev/fd") < 0)
		check(false, "mknod");
}

static void inside_existing(void)
{
	struct stat st;

	check(lstat("/dev/null", &st) == 0 && st.st_mode == (S_IFCHR | 0600) &&
		      st.st_rdev == makedev(1, 3),
	      "the right device stays as it is");
	check(box_is_device("/dev/ptmx", 5, 2), "so does a real ptmx");
	check(is_link("/dev/fd", "elsewhere"), "and a link");
	check(lstat("/dev/stdin", &st) < 0, "without procfs there is nothing to link to");
}

static void inside_joined(void)
{
	check(is_link("/proc/self", "1") && is_link("/dev/ptmx", "pts/ptmx"), "proc and dev");
	check(!has(box_read("/proc/self/mountinfo"), "rundlet-box"), "the old root is gone");
}

static void fill_joined(struct box *b)
{
	box_usual_mounts(b);
	box_mask(b, "/proc/version");
}

static void fill_bound_dev(struct box *b)
{
	mkdir("dev", 0755);
	if (mknod("dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
		check(false, "mknod");
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/dev", "bind", "dev", "rbind", NULL);
	box_device(b, "/dev/null", "c", 1, 3);
}

static void inside_bound_dev(void)
{
	check(count_entries("/dev") == 3, "nothing is made in a /dev that is bound");
}

int main(void)
{
	box_run(&(struct box_case){ "user namespace", fill_userns, inside_userns, .userns = true },
		true);
	box_run(&(struct box_case){ "closed parent", fill_userns, inside_userns, .userns = true,
				    .closed_scratch = true },
		true);
	box_run(&(struct box_case){ "no pivot", fill_no_pivot, inside_no_pivot, .after = NULL },
		true);
	box_run(&(struct box_case){ "no pivot, user namespace", fill_no_pivot, inside_no_pivot,
				    .userns = true },
		true);
	box_run(&(struct box_case){ "no pivot, closed parent", fill_no_pivot, inside_no_pivot,
				    .userns = true, .closed_scratch = true },
		true);
	box_run(&(struct box_case){ "existing devices", fill_existing, inside_existing,
				    .after = NULL },
		true);
	box_run(&(struct box_case){ "existing devices, user namespace", fill_existing,
				    inside_existing, .userns = true },
		true);
	box_run(&(struct box_case){ "joined", fill_joined, inside_joined, .shared_host = true,
				    .joined = true },
		true);
	box_run(&(struct box_case){ "bound /dev", fill_bound_dev, inside_bound_dev, .after = NULL },
		true);
	return tap_done();
}
