/* SPDX-License-Identifier: Apache-2.0 */
/* New file systems by descriptor; see newfs.h. */
#include "os/newfs.h"

#include "base/fault.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

int newfs_open(const char *type)
{
	long fd;

	RL_FAULT("newfs_open");
	fd = syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int newfs_set(int fs, const char *key, const char *value)
{
	RL_FAULT("newfs_set");
	if (syscall(SYS_fsconfig, fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value,
		    0) < 0)
		return -errno;
	return 0;
}

int newfs_mount(int fs, uint64_t attributes)
{
	long fd;

	RL_FAULT("newfs_mount");
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? -errno : (int)fd;
}

/* A message begins with its kind: "e tmpfs: ...". */
void newfs_message(int fs, char *buf, size_t size)
{
	ssize_t n = read(fs, buf, size - 1);

	if (n <= 2) {
		*buf = 0;
		return;
	}
	n -= buf[n - 1] == '\n';
	memmove(buf, buf + 2, (size_t)n - 2);
	buf[n - 2] = 0;
}
