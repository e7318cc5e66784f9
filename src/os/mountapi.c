/* SPDX-License-Identifier: Apache-2.0 */
/* The mount calls that work on descriptors; see mountapi.h. */
#include "os/mountapi.h"

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

int mountapi_clone(const char *path, bool recursive, bool no_follow)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0) |
			     (no_follow ? AT_SYMLINK_NOFOLLOW : 0);
	long fd;

	RL_FAULT("mountapi_clone");
	fd = syscall(SYS_open_tree, AT_FDCWD, path, flags);
	return fd < 0 ? -errno : (int)fd;
}

int mountapi_change(int fd, const struct mountapi_change *c, bool recursive)
{
	struct mount_attr attr = {
		.attr_set = c->set,
		.attr_clr = c->clear,
		.propagation = c->propagation,
		.userns_fd = c->set & MOUNT_ATTR_IDMAP ? (uint64_t)c->userns_fd : 0,
	};
	unsigned int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	RL_FAULT("mountapi_change");
	if (syscall(SYS_mount_setattr, fd, "", flags, &attr, sizeof(attr)) < 0)
		return -errno;
	return 0;
}
