/* SPDX-License-Identifier: Apache-2.0 */
/* Files by directory descriptor; see fdio.h. */
#include "os/fdio.h"

#include "base/auto.h"
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_EXEC
#define MFD_NOEXEC_SEAL 0x0008U /* since Linux 6.3 */
#define MFD_EXEC        0x0010U
#endif

int fdio_open_at(int dirfd, const char *path, int flags, unsigned int mode)
{
	int fd;

	RL_FAULT("fdio_open_at");
	fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

int fdio_mkdir_at(int dirfd, const char *path, unsigned int mode)
{
	RL_FAULT("fdio_mkdir_at");
	return mkdirat(dirfd, path, mode) < 0 ? -errno : 0;
}

int fdio_unlink_at(int dirfd, const char *path, int flags)
{
	RL_FAULT("fdio_unlink_at");
	return unlinkat(dirfd, path, flags) < 0 ? -errno : 0;
}

int fdio_read_at(int dirfd, const char *path, char *buf, size_t size)
{
	rl_autoclose int fd = -EBADF;
	ssize_t n;

	fd = fdio_open_at(dirfd, path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	RL_FAULT("fdio_read_at");
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	return (int)n;
}

/* The size of a regular file that says it, else 0. */
static size_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size :
									      0;
}

/* One more than it has, to see its end; else a page. */
static size_t first_cap(size_t size, size_t max)
{
	if (!size)
		return 4096;
	return size < max ? size + 1 : max + 1;
}

int fdio_read_fd(int fd, size_t max, char **ret, size_t *ret_len)
{
	rl_autofree char *buf = NULL;
	size_t size = size_of(fd), len = 0, cap = first_cap(size, max);

	RL_FAULT("fdio_read_fd");
	buf = malloc(cap + 1);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		size_t wanted = cap - len;
		ssize_t n = read(fd, buf + len, wanted);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		/* All of its size, and no more where more was asked for: the end. */
		if (n == 0 || (len == size && (size_t)n < wanted))
			break;
		if (len == cap) {
			char *more = realloc(buf, cap * 2 + 1);

			if (!more)
				return -ENOMEM;
			buf = more;
			cap *= 2;
		}
	}
	buf[len] = 0;
	*ret = RL_TAKE_PTR(buf);
	*ret_len = len;
	return 0;
}

int fdio_read_all(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	rl_autoclose int fd = fdio_open_at(dirfd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);

	if (fd < 0)
		return fd;
	return fdio_read_fd(fd, max, ret, ret_len);
}

int fdio_write_at(int dirfd, const char *path, const char *text)
{
	rl_autoclose int fd = -EBADF;
	size_t len = strlen(text);
	ssize_t n;

	fd = fdio_open_at(dirfd, path, O_WRONLY, 0);
	if (fd < 0)
		return fd;
	RL_FAULT("fdio_write_at");
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int fdio_write_full(int fd, const void *data, size_t len)
{
	const char *p = data;

	RL_FAULT("fdio_write_full");
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_new(int dirfd, const char *name, const void *data, size_t len, unsigned int mode)
{
	rl_autoclose int fd = -EBADF;

	fd = fdio_open_at(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd < 0)
		return fd;
	return fdio_write_full(fd, data, len);
}

static int rename_at(int dirfd, const char *from, const char *to)
{
	RL_FAULT("fdio_replace_at");
	return renameat(dirfd, from, dirfd, to) < 0 ? -errno : 0;
}

int fdio_replace_at(int dirfd, const char *name, const void *data, size_t len, unsigned int mode)
{
	char tmp[256];
	int r;

	if (snprintf(tmp, sizeof(tmp), ".%s.new", name) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	r = write_new(dirfd, tmp, data, len, mode);
	/* One that a killed writer left is of no use to anybody: writers hold the lock. */
	if (r == -EEXIST && unlinkat(dirfd, tmp, 0) == 0)
		r = write_new(dirfd, tmp, data, len, mode);
	if (r == 0)
		r = rename_at(dirfd, tmp, name);
	if (r < 0)
		unlinkat(dirfd, tmp, 0);
	return r;
}

int fdio_sealed(const char *name, const void *data, size_t len, bool executable)
{
	const unsigned int mode = executable ? MFD_EXEC : MFD_NOEXEC_SEAL;
	rl_autoclose int fd = -EBADF;
	int r;

	RL_FAULT("fdio_sealed");
	if (!fault_is_denied("memfd_exec"))
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | mode);
	else
		errno = EINVAL;
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = fdio_write_full(fd, data, len);
	if (r < 0)
		return r;
	if (fault_is_weak("seal"))
		return RL_TAKE_FD(fd);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return RL_TAKE_FD(fd);
}
