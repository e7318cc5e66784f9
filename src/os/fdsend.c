/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a descriptor to who listens at the path of a socket; see fdsend.h. */
#include "os/fdsend.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define WAIT_SECONDS 5 /* for one that neither accepts nor reads; a text mostly fits unread */

int fdsend_connect(const char *path)
{
	const struct timeval limit = { .tv_sec = WAIT_SECONDS };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	rl_autoclose int at = fdio_open_at(AT_FDCWD, path, O_PATH, 0), fd = -EBADF;
	int r;

	if (at < 0)
		return at;
	RL_FAULT("fdsend_connect");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* By way of the descriptor: the path may be longer than an address can hold. */
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d", at);
	r = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (r == 0)
		r = connect(fd, (struct sockaddr *)&a, sizeof(a));
	return r < 0 ? -errno : RL_TAKE_FD(fd);
}

int fdsend_one(int sock, int fd, const char *text)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (char *)(uintptr_t)text, strlen(text) };
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	ssize_t n;

	RL_FAULT("fdsend_one");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	do {
		n = sendmsg(sock, &h, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int fdsend_give(const char *path, const char *text, int fd)
{
	rl_autoclose int sock = fdsend_connect(path);

	return sock < 0 ? sock : fdsend_one(sock, fd, text);
}
