/* SPDX-License-Identifier: Apache-2.0 */
/* Close-on-exec for all descriptors at once, or one by one; see closerange.h. */
#include "os/closerange.h"

#include "os/sys.h"

#include <asm/statfs.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

/* Far more than are opened between the drop of all (pid-enter-guest.c) and execve. */
#define LOW 1024

/* Returns the descriptor that an entry of self/fd is named after; -1: it is "." or "..". */
static long number(const char *name)
{
	long n = 0;

	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return -1;
		n = n * 10 + (*name - '0');
	}
	return n;
}

/* The list of a procfs and of nothing else: a made-up one would leave descriptors open. */
static long open_list(int proc_fd)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	long fd = sys_openat(proc_fd, proc_fd == AT_FDCWD ? "/proc/self/fd" : "self/fd", flags, 0);
	struct statfs fs;

	if (fd < 0)
		return -ENOSYS;
	if (SYS_2(__NR_fstatfs, fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return fd;
	sys_close((int)fd);
	return -ENOSYS;
}

static long mark_entries(const char *buf, long n, unsigned int first)
{
	const struct sys_dirent *e;
	long r = 0;

	for (long at = 0; at < n && r >= 0; at += e->reclen) {
		long fd;

		e = (const struct sys_dirent *)(buf + at);
		fd = number(e->name);
		if (fd >= (long)first)
			r = SYS_3(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC);
	}
	return r;
}

/*
 * Whoever opens a descriptor gets the lowest number that is free: the few that were opened since
 * all the others were closed have low ones.
 */
static long mark_low(unsigned int first)
{
	long r = 0;

	for (unsigned int fd = first; fd < first + LOW && r >= 0; fd++) {
		r = SYS_3(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC);
		if (r == -EBADF)
			r = 0;
	}
	return r;
}

/* We are one thread with a table of our own: what is listed is all there is. */
static long walk(int proc_fd, unsigned int first)
{
	_Alignas(struct sys_dirent) char buf[1024];
	long list, n = 0, r = 0;

	if (proc_fd == -EBADF)
		return mark_low(first);
	list = open_list(proc_fd);
	if (list < 0)
		return list;
	while (r >= 0 && (n = SYS_3(__NR_getdents64, list, buf, sizeof(buf))) > 0)
		r = mark_entries(buf, n, first);
	sys_close((int)list);
	return r < 0 ? r : n;
}

long closerange_cloexec(int proc_fd, unsigned int first)
{
	long r = SYS_WEAK(descriptors)  ? 0 :
		 SYS_DENIED(CLOSERANGE) ? -ENOSYS :
					  SYS_3(__NR_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC);

	/* EINVAL: Linux 5.9 and 5.10 do not know the flag; EPERM: a sandbox knows not the call. */
	return r == -EINVAL || r == -ENOSYS || r == -EPERM ? walk(proc_fd, first) : r;
}
