/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices of the caller's network namespace on their way into the container's, and back
 * when the create fails. For the host side.
 */
#ifndef RL_PROCESS_NETDEV_H
#define RL_PROCESS_NETDEV_H

#include "base/err.h"
#include "os/rtaddr.h"
#include "os/rtlink.h"
#include "process/process.h"

#include <errno.h>

/* One of them: all that it takes to bring it back. */
struct netdev {
	const char *where;      /* "linux.netDevices[\"eth0\"]"; the plan's; NULL on the way back */
	struct rtlink outside;  /* as it was in the caller's namespace */
	char name[RTLINK_NAME]; /* wanted inside; may be a template */
	int index;              /* inside: chosen before the move, to find it again by */
	struct rtaddr *addrs;   /* all that it had; owned */
	size_t n_addrs;
	bool moved; /* or it may be */
};

struct netdevs {
	struct netlink outside, inside; /* sockets in both namespaces, which keep them alive */
	int outside_ns, inside_ns;      /* the namespaces themselves, for messages */
	struct netdev *all;
	size_t n;
};

#define NETDEVS_INIT                                                                   \
	{                                                                              \
		.outside = NETLINK_INIT, .inside = NETLINK_INIT, .outside_ns = -EBADF, \
		.inside_ns = -EBADF,                                                   \
	}

/* Open both sides; inside_ns, a network namespace, is taken. netdev_done() in any case. */
int netdev_open(struct netdevs *s, int inside_ns, struct rl_err *e);
void netdev_done(struct netdevs *s);

/*
 * Open the network namespace of the process `pid`, which has one of its own, and look at all
 * devices of the plan: that they are there and can be moved, and what they have. Changes nothing.
 */
int netdev_find(struct netdevs *s, const void *base, const struct namespaces_plan *p, pid_t pid,
		struct rl_err *e);

/* Move them, give them their permanent addresses of global scope again, and set them up. */
int netdev_move(struct netdevs *s, struct rl_err *e);

/*
 * Bring back those that are inside, newest first, with name, addresses and state. What cannot be
 * brought back stays; the error is that of the first.
 */
int netdev_back(struct netdevs *s, struct rl_err *e);

#endif
