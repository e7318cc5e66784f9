/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of what runs in a container's root: a small root of its own, and a process in it. The
 * program that includes it needs root, and /bin/busybox.
 */
#ifndef RL_TESTS_PROCESS_ROOT_H
#define RL_TESTS_PROCESS_ROOT_H

#include "guest-child.h"
#include "process/process.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define BUSYBOX "/bin/busybox"

static char scratch[] = "/tmp/test-root.XXXXXX";

static int copy_busybox(const char *to)
{
	static char block[65536];
	int in = open(BUSYBOX, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	while ((n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			break;
	close(in);
	close(out);
	return n == 0 ? chmod(to, 0755) : -1;
}

static void file(const char *path, const char *text, mode_t mode, uid_t uid, gid_t gid)
{
	if (child_write(path, text) < 0 || chown(path, uid, gid) < 0 || chmod(path, mode) < 0)
		_exit(2);
}

static void dir(const char *path, mode_t mode)
{
	if (mkdir(path, 0755) < 0 || chmod(path, mode) < 0)
		_exit(2);
}

/* In the child: a tmpfs that becomes the root, so that nothing is left and nothing else is there.
 */
static int enter_root(void)
{
	int outside;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", scratch, "tmpfs", MS_NOSUID, "mode=0755") < 0)
		return -errno;
	outside = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (chdir(scratch) < 0)
		return -errno;
	umask(0);
	dir("bin", 0755), dir("sbin", 0755), dir("etc", 0755), dir("proc", 0755),
		dir("vault", 0700);
	dir("noexec", 0755), dir("place", 0755);
	if (copy_busybox("bin/busybox") < 0 || mount("proc", "proc", "proc", 0, NULL) < 0 ||
	    mount("tmpfs", "noexec", "tmpfs", MS_NOEXEC, NULL) < 0)
		return -errno;
	file("bin/plain", "x", 0644, 0, 0);
	file("sbin/plain", "x", 0755, 0, 0);
	file("sbin/later", "x", 0755, 0, 0);
	file("bin/garbage", "garbage\n", 0755, 0, 0);
	file("bin/lost", "#!/no/such/interpreter\n", 0755, 0, 0);
	file("bin/mine", "x", 0700, 1000, 1000);
	file("bin/group", "x", 0750, 0, 1234);
	file("vault/tool", "x", 0755, 0, 0);
	file("noexec/tool", "x", 0755, 0, 0);
	file("place/run", "x", 0755, 0, 0);
	file("etc/passwd", "root:x:0:0:root:/:/bin/sh\n", 0644, 0, 0);
	if (symlink("busybox", "bin/link") < 0 || symlink("loop", "bin/loop") < 0 ||
	    symlink("/bin/busybox", "bin/abs") < 0 || symlink("/nowhere", "place/dangling") < 0 ||
	    symlink("/etc", "place/to-etc") < 0 || mkfifo("bin/fifo", 0777) < 0)
		return -errno;
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	/* A directory of the host that stays open, as a runtime with a leak would leave it. */
	return dup2(outside, 50) < 0 ? -errno : 0;
}

struct planned {
	struct flat flat;
	struct process_plan plan;
};

static struct planned plan(const char *cwd, char *const *args, size_t n, const char *path,
			   unsigned int uid, unsigned int group)
{
	struct planned p = { .plan = { .uid = uid,
				       .gid = uid,
				       .check_as_user = uid != 0,
				       .umask = 022,
				       .set_groups = 1 } };

	flat_init(&p.flat, 8);
	p.plan.cwd = flat_add_str(&p.flat, cwd);
	p.plan.args = flat_add_strs(&p.flat, args, n);
	p.plan.path_value = flat_add_str(&p.flat, path);
	p.plan.groups = flat_add_list(&p.flat, &group, group != 0, sizeof(group));
	return p;
}

#define ARGS(...) (char *[]){ __VA_ARGS__ }, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *)
#define S(s)      (char *)(uintptr_t)(s)

#endif
