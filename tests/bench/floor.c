/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of the benchmark: what the kernel must do for one bundle, and nothing else. No C
 * library, no configuration to read, no state, no checks, no safe walks, no device program of BPF;
 * floor.py makes the tables of what to do. It is not a runtime: it trusts everything.
 *
 *     floor                    what `run` must do
 *     floor PID CGROUP...      what `exec` must do: /bin/end in the container of that process,
 * which is in these cgroups: the directory in v2, each `tasks` in v1
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sys/socket.h>

#include "floor.h"

struct mount_row {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
	unsigned long again; /* of a second call, for what a bind mount does not take at once */
	const char *data;
};
struct write_row {
	const char *path;
	const char *text;
};
struct device_row {
	const char *path;
	unsigned int number;
};

#include "floor-table.h"

#define MNT_DETACH 2 /* sys/mount.h and linux/mount.h do not go together */
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

/* The number of the line is the exit status: who sees it looks here. */
static void must(long r, int line)
{
	if (r < 0)
		sys_exit(line & 127 ? line & 127 : 1);
}
#define MUST(...) must(__VA_ARGS__, __LINE__)

static long put(const char *path, const char *text)
{
	int fd = (int)sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	long r = fd < 0 ? fd : sys_write(fd, text, sys_strlen(text));

	if (fd >= 0)
		sys_close(fd);
	return r;
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = (int)SYS_3(__NR_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	MUST(fd);
	MUST(SYS_3(__NR_ioctl, fd, SIOCSIFFLAGS, SYS_P(&request)));
	sys_close(fd);
}

static void attach(const struct mount_row *m)
{
	MUST(SYS_5(__NR_mount, SYS_P(m->source), SYS_P(m->target), SYS_P(m->type), m->flags,
		   SYS_P(m->data)));
	if (m->again)
		MUST(SYS_5(__NR_mount, 0, SYS_P(m->target), 0, m->again, 0));
}

/* All masked folders are clones of one empty file system. A path that is not there costs a try. */
static void hide(void)
{
	int empty = -1;

	for (size_t i = 0; i < COUNT(masks); i++) {
		int fd = (int)sys_openat(AT_FDCWD, masks[i], O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

		if (fd == -ENOTDIR)
			MUST(SYS_5(__NR_mount, SYS_P("/dev/null"), SYS_P(masks[i]), 0, MS_BIND, 0));
		if (fd < 0)
			continue;
		sys_close(fd);
		if (empty < 0) {
			MUST(SYS_5(__NR_mount, SYS_P("tmpfs"), SYS_P(masks[i]), SYS_P("tmpfs"),
				   MS_RDONLY, SYS_P("size=0")));
			empty = (int)sys_openat(AT_FDCWD, masks[i], O_PATH | O_CLOEXEC, 0);
			continue;
		}
		fd = (int)SYS_3(__NR_open_tree, empty, SYS_P(""),
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		MUST(fd);
		MUST(SYS_5(__NR_move_mount, fd, SYS_P(""), AT_FDCWD, SYS_P(masks[i]),
			   MOVE_MOUNT_F_EMPTY_PATH));
		sys_close(fd);
	}
	for (size_t i = 0; i < COUNT(read_only); i++) {
		if (SYS_5(__NR_mount, SYS_P(read_only[i]), SYS_P(read_only[i]), 0, MS_BIND | MS_REC,
			  0) < 0)
			continue;
		MUST(SYS_5(__NR_mount, 0, SYS_P(read_only[i]), 0,
			   MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
	}
}

static void make_root(void)
{
	MUST(SYS_5(__NR_mount, 0, SYS_P("/"), 0, MS_REC | MS_PRIVATE, 0));
	MUST(SYS_5(__NR_mount, SYS_P(ROOTFS), SYS_P(ROOTFS), 0, MS_BIND | MS_REC, 0));
	MUST(SYS_1(__NR_chdir, SYS_P(ROOTFS)));
	for (size_t i = 0; i < COUNT(mounts); i++) {
		if (mounts[i].flags & MS_BIND)
			attach(&mounts[i]);
		else {
			SYS_3(__NR_mkdirat, AT_FDCWD, SYS_P(mounts[i].target), 0755);
			attach(&mounts[i]);
		}
	}
	for (size_t i = 0; i < COUNT(devices); i++)
		MUST(SYS_4(__NR_mknodat, AT_FDCWD, SYS_P(devices[i].path), 0020666,
			   devices[i].number));
	MUST(SYS_3(__NR_symlinkat, SYS_P("/proc/self/fd"), AT_FDCWD, SYS_P("dev/fd")));
	MUST(SYS_3(__NR_symlinkat, SYS_P("/proc/self/fd/0"), AT_FDCWD, SYS_P("dev/stdin")));
	MUST(SYS_3(__NR_symlinkat, SYS_P("/proc/self/fd/1"), AT_FDCWD, SYS_P("dev/stdout")));
	MUST(SYS_3(__NR_symlinkat, SYS_P("/proc/self/fd/2"), AT_FDCWD, SYS_P("dev/stderr")));
	MUST(SYS_3(__NR_symlinkat, SYS_P("pts/ptmx"), AT_FDCWD, SYS_P("dev/ptmx")));
	for (size_t i = 0; i < COUNT(sysctls); i++)
		MUST(put(sysctls[i].path, sysctls[i].text));
	MUST(SYS_2(__NR_pivot_root, SYS_P("."), SYS_P(".")));
	MUST(SYS_2(__NR_umount2, SYS_P("."), MNT_DETACH));
	hide();
	if (READ_ONLY_ROOT)
		MUST(SYS_5(__NR_mount, 0, SYS_P("/"), 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
}

/* Only who may do all, or can gain nothing more, may load a filter. */
static void load_filter(void)
{
	struct sock_fprog program = { COUNT(filter), (struct sock_filter *)filter };

	if (program.len)
		MUST(SYS_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, SYS_P(&program)));
}

static void drop_rights(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2] = {
		{ (uint32_t)CAPS, (uint32_t)CAPS, 0 },
		{ (uint32_t)(CAPS >> 32), (uint32_t)(CAPS >> 32), 0 },
	};

	for (size_t i = 0; i < COUNT(limits); i++)
		MUST(SYS_4(__NR_prlimit64, 0, limits[i][0], SYS_P(&limits[i][1]), 0));
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(CAPS >> cap & 1))
			SYS_2(__NR_prctl, PR_CAPBSET_DROP, cap);
	if (NO_NEW_PRIVS)
		MUST(SYS_5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	load_filter();
	MUST(SYS_2(__NR_capset, SYS_P(&head), SYS_P(sets)));
}

static void contain(void)
{
	static const char *const argv[] = { "/bin/true", 0 };
	static const char *const envp[] = { "PATH=/bin", 0 };

	for (size_t i = 0; i < COUNT(joins); i++)
		MUST(put(joins[i], "0"));
	MUST(SYS_1(__NR_unshare, CLONE_NEWCGROUP));
	MUST(SYS_1(__NR_setsid, 0));
	loopback_up();
	MUST(SYS_2(__NR_sethostname, SYS_P("bench"), 5));
	make_root();
	drop_rights();
	MUST(SYS_3(__NR_execve, SYS_P(argv[0]), SYS_P(argv), SYS_P(envp)));
}

static int wait_for(long pid)
{
	int status = 0;

	MUST(SYS_4(__NR_wait4, pid, SYS_P(&status), 0, 0));
	return status & 127 ? 127 : status >> 8 & 255;
}

/* cgroups: a list that ends in NULL; their descriptors take its place. */
_Noreturn static void enter(long pid, long *cgroups)
{
	static const char *const argv[] = { "/bin/end", 0 };
	static const char *const envp[] = { "PATH=/bin", 0 };
	struct clone_args args = { .exit_signal = 17 };
	int pidfd = (int)SYS_2(__NR_pidfd_open, pid, 0);

	MUST(pidfd);
	for (long *c = cgroups; *c; c++) {
		*c = sys_openat(AT_FDCWD, (const char *)*c,
				COUNT(joins) ? O_WRONLY | O_CLOEXEC : O_PATH | O_CLOEXEC, 0);
		MUST(*c);
	}
	if (!COUNT(joins)) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroups[0];
	}
	MUST(SYS_2(__NR_setns, pidfd,
		   CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			   CLONE_NEWCGROUP));
	pid = SYS_2(__NR_clone3, SYS_P(&args), sizeof(args));
	MUST(pid);
	if (pid > 0)
		sys_exit(wait_for(pid));
	for (long *c = cgroups; *c && COUNT(joins); c++)
		MUST(sys_write((int)*c, "0", 1));
	MUST(SYS_1(__NR_setsid, 0));
	drop_rights();
	MUST(SYS_3(__NR_execve, SYS_P(argv[0]), SYS_P(argv), SYS_P(envp)));
	sys_exit(126);
}

_Noreturn void floor_main(long *stack)
{
	int group = -1;
	int status;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
		.exit_signal = 17,
	};
	long pid;

	/* The number of arguments, and they. */
	if (stack[0] > 1)
		enter(number((const char *)stack[2]), stack + 3);
	for (size_t i = 0; i < COUNT(groups); i++)
		MUST(SYS_3(__NR_mkdirat, AT_FDCWD, SYS_P(groups[i]), 0755));
	for (size_t i = 0; i < COUNT(writes); i++)
		MUST(put(writes[i].path, writes[i].text));
	if (!COUNT(joins)) {
		group = (int)sys_openat(AT_FDCWD, groups[0], O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		MUST(group);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)group;
	}
	pid = SYS_2(__NR_clone3, SYS_P(&args), sizeof(args));
	MUST(pid);
	if (pid == 0) {
		contain();
		sys_exit(126);
	}
	status = wait_for(pid);
	for (size_t i = COUNT(groups); i-- > 0;)
		SYS_3(__NR_unlinkat, AT_FDCWD, SYS_P(groups[i]), AT_REMOVEDIR);
	sys_exit(status);
}
