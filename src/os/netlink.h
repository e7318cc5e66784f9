/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of rtnetlink(7), in our network namespace or another, and questions asked through them.
 */
#ifndef RL_OS_NETLINK_H
#define RL_OS_NETLINK_H

#include "os/nlmsg.h"

struct netlink {
	int fd; /* keeps its network namespace alive */
	uint32_t seq;
	char why[160]; /* what the kernel said of the call that failed last; may be empty */
};

#define NETLINK_INIT         \
	{                    \
		.fd = -EBADF \
	}

/* Open one in our own network namespace. 0 or a negative errno. */
int netlink_open(struct netlink *ret);

/*
 * Open one in the network namespace netns_fd. A child enters it for that and ends: this process
 * stays where it is, and may have threads.
 */
int netlink_open_in(int netns_fd, struct netlink *ret);

void netlink_close(struct netlink *n);

/*
 * Ask, and wait for the end of the answer: `each`, if not NULL, sees every message of it. With
 * NLM_F_DUMP in the request there may be many; -EAGAIN: things changed meanwhile, ask again.
 * Returns 0, or the negative errno of the kernel or of `each`, with n->why.
 */
int netlink_call(struct netlink *n, struct nlmsg *m,
		 int (*each)(const struct nlmsghdr *h, void *arg), void *arg);

#endif
