/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices: found, moved to another network namespace, set up (rtnetlink(7)). */
#ifndef RL_OS_RTLINK_H
#define RL_OS_RTLINK_H

#include "os/netlink.h"

#define RTLINK_NAME 16 /* IFNAMSIZ of the kernel: 15 bytes and a NUL */
#define RTLINK_MAC  32 /* MAX_ADDR_LEN of the kernel */

#define RTLINK_GEN_UNKNOWN 0xff /* the device has no IPv6 */

struct rtlink {
	int index;
	int master; /* index of the device that it is a port of; 0: none */
	char name[RTLINK_NAME];
	uint8_t mac[RTLINK_MAC];
	uint8_t mac_len;
	uint8_t gen_mode; /* how it makes its link-local address of IPv6: IN6_ADDR_GEN_MODE_... */
	bool up;
	bool loopback;
};

/* Find one. 0, -ENODEV, or another negative errno. */
int rtlink_by_name(struct netlink *n, const char *name, struct rtlink *ret);
int rtlink_by_index(struct netlink *n, int index, struct rtlink *ret);

/* Take what we want of an answer. Pure. 0 or a negative errno. */
int rtlink_parse(const struct nlmsghdr *h, struct rtlink *ret);

struct rtlink_move {
	int index;
	int netns_fd;
	const char *name; /* there: a name, or a template like eth%d */
	int new_index;    /* there; -EBUSY: another device has it. 0: the kernel chooses */
};

/*
 * Move it; the kernel takes it down and forgets its addresses. After a failure it may be there
 * under its old name, or that of the template: look.
 */
int rtlink_move(struct netlink *n, const struct rtlink_move *m);

int rtlink_set_up(struct netlink *n, int index);

/* Set how it makes its link-local address of IPv6. */
int rtlink_set_gen_mode(struct netlink *n, int index, uint8_t mode);

#endif
