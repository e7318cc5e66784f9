/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of the file tree for the container side. Freestanding; each returns a result >=
 * 0 or a negative errno. Private to this room.
 */
#ifndef RL_ROOTFS_MOUNTCALL_H
#define RL_ROOTFS_MOUNTCALL_H

#include "os/sys.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/stat.h>

/* <linux/stat.h> leaves these to a C library, if it smells one. */
#ifndef S_IFMT
#define S_IFMT  0170000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFBLK 0060000
#define S_IFREG 0100000
#define S_IFIFO 0010000
#define S_IFLNK 0120000
#endif

/* The kernel's encoding of device numbers for mknod(2). */
static inline unsigned int mountcall_device(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* Clone the mount at path below dirfd ("": dirfd itself). Returns a descriptor. */
static inline int mountcall_clone(int dirfd, const char *path, unsigned int flags)
{
	return (int)SYS_3(__NR_open_tree, dirfd, SYS_P(path),
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | flags);
}

/* Attach (or move) the mount that fd is the root of onto the place that `to` is open on. */
static inline int mountcall_move(int fd, int to)
{
	return (int)SYS_5(__NR_move_mount, fd, SYS_P(""), to, SYS_P(""),
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* Change attributes; flags: 0 or AT_RECURSIVE. */
static inline int mountcall_set(int fd, uint64_t set, uint64_t clear, unsigned int flags)
{
	const struct mount_attr attr = { .attr_set = set, .attr_clr = clear };

	return (int)SYS_5(__NR_mount_setattr, fd, SYS_P(""), AT_EMPTY_PATH | flags, SYS_P(&attr),
			  sizeof(attr));
}

/* Change the propagation: MS_SLAVE, MS_SLAVE | MS_REC, ... */
static inline int mountcall_propagate_at(int fd, const char *path, uint32_t propagation)
{
	const struct mount_attr attr = { .propagation = propagation & ~(uint32_t)MS_REC };

	return (int)SYS_5(__NR_mount_setattr, fd, SYS_P(path),
			  AT_EMPTY_PATH | (propagation & MS_REC ? AT_RECURSIVE : 0), SYS_P(&attr),
			  sizeof(attr));
}

static inline int mountcall_propagate(int fd, uint32_t propagation)
{
	return mountcall_propagate_at(fd, "", propagation);
}

static inline int mountcall_fsopen(const char *type)
{
	return (int)SYS_2(__NR_fsopen, SYS_P(type), FSOPEN_CLOEXEC);
}

static inline int mountcall_fspick(int fd)
{
	return (int)SYS_3(__NR_fspick, fd, SYS_P(""), FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
}

/* key=value, or a flag when value is NULL. */
static inline int mountcall_config(int fd, const char *key, const char *value)
{
	return (int)SYS_5(__NR_fsconfig, fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			  SYS_P(key), SYS_P(value), 0);
}

/* FSCONFIG_CMD_CREATE or FSCONFIG_CMD_RECONFIGURE. */
static inline int mountcall_command(int fd, unsigned int command)
{
	return (int)SYS_5(__NR_fsconfig, fd, command, 0, 0, 0);
}

static inline int mountcall_fsmount(int fd, uint64_t attributes)
{
	return (int)SYS_3(__NR_fsmount, fd, FSMOUNT_CLOEXEC, attributes);
}

static inline int mountcall_mount(const char *source, const char *target, const char *type,
				  unsigned long flags, const char *data)
{
	return (int)SYS_5(__NR_mount, SYS_P(source), SYS_P(target), SYS_P(type), flags,
			  SYS_P(data));
}

/* Type, mode, owner, inode, device and mount id of what fd is open on. */
static inline int mountcall_stat(int fd, struct statx *ret)
{
	return (int)SYS_5(__NR_statx, fd, SYS_P(""), AT_EMPTY_PATH,
			  STATX_BASIC_STATS | STATX_MNT_ID, SYS_P(ret));
}

/* The same of a name in dir: it, and no path, so that nothing leads out of dir. */
static inline int mountcall_stat_name(int dir, const char *name, struct statx *ret)
{
	return (int)SYS_5(__NR_statx, dir, SYS_P(name), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
			  STATX_BASIC_STATS | STATX_MNT_ID, SYS_P(ret));
}

/* 0, 1, or a negative errno. */
static inline int mountcall_is_procfs(int fd)
{
	struct statfs fs;
	long r = SYS_2(__NR_fstatfs, fd, SYS_P(&fs));

	return r < 0 ? (int)r : fs.f_type == PROC_SUPER_MAGIC;
}

/* Cannot fail, and so is no fault point. Returns the old one. */
static inline unsigned int mountcall_umask(unsigned int mask)
{
	return (unsigned int)sys_raw(__NR_umask, mask, 0, 0, 0, 0, 0);
}

#endif
