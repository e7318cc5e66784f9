/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping a namespace by a mount; see nspin.h. */
#include "os/nspin.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"
#include "os/nsfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>

#define PATH_ROOM 320 /* "/proc/self/fd/N/" and a name */

int nspin_make(int dirfd, const char *name, int ns_fd)
{
	char from[PATH_ROOM], to[PATH_ROOM];
	int file, r;

	RL_FAULT("nspin_make");
	file = fdio_open_at(dirfd, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0400);
	if (file < 0)
		return file;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", ns_fd);
	snprintf(to, sizeof(to), "/proc/self/fd/%d", file);
	r = mount(from, to, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
	close(file);
	if (r < 0)
		fdio_unlink_at(dirfd, name, 0);
	return r;
}

int nspin_open(int dirfd, const char *name)
{
	rl_autoclose int fd = fdio_open_at(dirfd, name, O_RDONLY | O_NOFOLLOW, 0);
	int type;

	if (fd < 0)
		return fd;
	type = nsfile_type(fd);
	/* The file, of one who was killed before the mount. */
	if (type == -ENOTTY)
		return -ENOENT;
	return type < 0 ? type : RL_TAKE_FD(fd);
}

int nspin_remove(int dirfd, const char *name)
{
	char path[PATH_ROOM];
	int r;

	RL_FAULT("nspin_remove");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dirfd, name);
	/* EINVAL: nothing is mounted there. */
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return -errno;
	r = fdio_unlink_at(dirfd, name, 0);
	return r == -ENOENT ? 0 : r;
}
