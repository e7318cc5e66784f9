/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of sd_notify(3); see notifysock.h. */
#include "os/notifysock.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"
#include "os/fdsend.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

bool notifysock_is_address(const char *address)
{
	const size_t n = strlen(address);

	return (address[0] == '/' || address[0] == '@') && n > 1 &&
	       n < sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int notifysock_connect(const char *address)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const size_t n = strlen(address);
	rl_autoclose int fd = -EBADF;

	RL_FAULT("notifysock_connect");
	fd = open_socket();
	if (fd < 0)
		return fd;
	memcpy(a.sun_path, address, n);
	/* The name of an abstract one has no end but that of the address. */
	if (address[0] == '@')
		a.sun_path[0] = 0;
	if (connect(fd, (struct sockaddr *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (address[0] == '/'))) <
	    0)
		return -errno;
	return RL_TAKE_FD(fd);
}

/* Whatever our umask, all may write to it. What has its name by now is not followed. */
static int open_to_all(int dirfd, const char *name)
{
	rl_autoclose int at = fdio_open_at(dirfd, name, O_PATH | O_NOFOLLOW, 0);
	char path[32];
	struct stat st;

	if (at < 0)
		return at;
	if (fstat(at, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	return fchmodat(AT_FDCWD, path, 0666, 0) < 0 ? -errno : 0;
}

int notifysock_bind(int dirfd, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	rl_autoclose int fd = -EBADF;
	int r;

	r = fdio_unlink_at(dirfd, name, 0);
	if (r < 0 && r != -ENOENT)
		return r;
	RL_FAULT("notifysock_bind");
	fd = open_socket();
	if (fd < 0)
		return fd;
	/* By way of the descriptor: the path may be longer than an address can hold. */
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", dirfd, name);
	r = bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : open_to_all(dirfd, name);
	return r < 0 ? r : RL_TAKE_FD(fd);
}

/* Without room for descriptors: none becomes ours, and that some came is told. */
static ssize_t receive(int fd, struct iovec *iov, int flags, int *ret_flags)
{
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = 1 };
	ssize_t n;

	do {
		n = recvmsg(fd, &h, flags | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	*ret_flags = h.msg_flags;
	return n < 0 ? -errno : n;
}

int notifysock_look(int fd, char *buf, size_t size, bool *ret_fds)
{
	struct iovec iov = { buf, size };
	ssize_t n;
	int flags;

	RL_FAULT("notifysock_look");
	n = receive(fd, &iov, MSG_PEEK, &flags);
	if (n < 0)
		return (int)n;
	*ret_fds = flags & MSG_CTRUNC;
	return flags & MSG_TRUNC ? -EMSGSIZE : (int)n;
}

int notifysock_drop(int fd)
{
	struct iovec none = { NULL, 0 };
	ssize_t n;
	int flags;

	RL_FAULT("notifysock_drop");
	n = receive(fd, &none, 0, &flags);
	return n < 0 ? (int)n : 0;
}

int notifysock_give(int fd, const char *text, size_t len)
{
	ssize_t n;

	RL_FAULT("notifysock_give");
	do {
		n = send(fd, text, len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int notifysock_barrier(int fd)
{
	rl_autoclose int ours = -EBADF, theirs = -EBADF;
	int ends[2], r;

	RL_FAULT("notifysock_barrier");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	r = fdsend_one(fd, theirs, "BARRIER=1");
	return r < 0 ? r : RL_TAKE_FD(ours);
}
