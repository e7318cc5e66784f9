/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces as files; see nsfile.h. */
#include "os/nsfile.h"

#include "base/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int nsfile_open(const char *path)
{
	int fd;

	RL_FAULT("nsfile_open");
	/* Not to hang on a fifo, or to take a terminal, that stands there instead. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int nsfile_type(int fd)
{
	int type;

	RL_FAULT("nsfile_type");
	type = ioctl(fd, NS_GET_NSTYPE);
	return type < 0 ? -errno : type;
}

int nsfile_same(int fd, const char *path)
{
	struct stat a, b;

	RL_FAULT("nsfile_same");
	if (fstat(fd, &a) < 0 || stat(path, &b) < 0)
		return -errno;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int nsfile_same_at(const char *one, const char *other)
{
	struct stat a, b;

	RL_FAULT("nsfile_same_at");
	if (stat(one, &a) < 0 || stat(other, &b) < 0)
		return -errno;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int nsfile_owner(int fd)
{
	int owner;

	RL_FAULT("nsfile_owner");
	owner = ioctl(fd, NS_GET_USERNS);
	return owner < 0 ? -errno : owner;
}

int nsfile_parent(int fd)
{
	int parent;

	RL_FAULT("nsfile_parent");
	parent = ioctl(fd, NS_GET_PARENT);
	return parent < 0 ? -errno : parent;
}

int nsfile_number(int fd, uint64_t *ret)
{
	struct stat st;

	RL_FAULT("nsfile_number");
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = st.st_ino;
	return 0;
}

/* One that is not there any more, or not ours to look at, has no number. */
static bool has_number(const char *path, uint64_t number)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_ino == number;
}

int nsfile_find(const char *file, uint64_t number)
{
	DIR *proc;
	int fd = -ENOENT;

	RL_FAULT("nsfile_find");
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	for (struct dirent *d; fd < 0 && (d = readdir(proc));) {
		char path[NAME_MAX + 32];

		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/%s", d->d_name, file);
		if (has_number(path, number))
			fd = nsfile_open(path);
	}
	closedir(proc);
	return fd;
}

#define USER_INITIAL_INO 0xeffffffdu /* PROC_USER_INIT_INO of the kernel */

bool nsfile_user_is_initial(void)
{
	struct stat st;

	/* Without the file there are no user namespaces. */
	return stat("/proc/self/ns/user", &st) < 0 || st.st_ino == USER_INITIAL_INO;
}

bool nsfile_is_host_root(void)
{
	return geteuid() == 0 && nsfile_user_is_initial();
}
