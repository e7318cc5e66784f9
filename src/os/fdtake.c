/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a descriptor from a socket; see fdtake.h. */
#include "os/fdtake.h"

#include "base/fault.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int fdtake_one(int sock)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char text[64];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *c;
	int fd;

	RL_FAULT("fdtake_one");
	if (recvmsg(sock, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&h);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}
