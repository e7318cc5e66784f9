/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory without a name; see scratch.h. */
#include "os/scratch.h"

#include "base/fault.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int scratch_open(const char *name)
{
	int fd;

	RL_FAULT("scratch_open");
	fd = memfd_create(name, MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

long scratch_size(int fd)
{
	struct stat st;

	RL_FAULT("scratch_size");
	return fstat(fd, &st) < 0 ? -errno : (long)st.st_size;
}

int scratch_read(int fd, void *buf, size_t len)
{
	ssize_t n;

	RL_FAULT("scratch_read");
	n = pread(fd, buf, len, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}
