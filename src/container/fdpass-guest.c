/* SPDX-License-Identifier: Apache-2.0 */
/* Passes descriptors; see fdpass.h. */
#include "container/fdpass.h"

#include "os/sys.h"

/* struct msghdr and friends of socket(7): the kernel has no header of them for programs. */
struct message_iovec {
	void *base;
	size_t len;
};

struct message_header {
	void *name;
	uint32_t name_len;
	struct message_iovec *iov;
	size_t iov_len;
	void *control;
	size_t control_len;
	uint32_t flags;
};

struct message_control {
	size_t len;
	int32_t level; /* SOL_SOCKET */
	int32_t type;  /* SCM_RIGHTS */
	int32_t fd;
};

#define FDPASS_CLOEXEC 0x40000000 /* MSG_CMSG_CLOEXEC */
#define FDPASS_LENGTH  (offsetof(struct message_control, fd) + sizeof(int32_t))

long fdpass_send(int sock, const void *data, size_t len, int fd)
{
	struct message_iovec iov = { (void *)(uintptr_t)data, len };
	struct message_control control = { FDPASS_LENGTH, 1, 1, fd };
	struct message_header h = {
		.iov = &iov,
		.iov_len = 1,
		.control = &control,
		.control_len = sizeof(control),
	};

	return SYS_3(__NR_sendmsg, sock, &h, SYS_MSG_NOSIGNAL);
}

int fdpass_receive(int sock)
{
	char data[8];
	struct message_iovec iov = { data, sizeof(data) };
	struct message_control control = { 0 };
	struct message_header h = {
		.iov = &iov,
		.iov_len = 1,
		.control = &control,
		.control_len = sizeof(control),
	};
	long r = SYS_3(__NR_recvmsg, sock, &h, FDPASS_CLOEXEC);

	if (r < 0)
		return (int)r;
	return control.len == FDPASS_LENGTH && control.type == 1 ? control.fd : -EPROTO;
}
