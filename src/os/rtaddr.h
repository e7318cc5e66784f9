/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of network devices: listed, kept as bytes, and added again (rtnetlink(7)). */
#ifndef RL_OS_RTADDR_H
#define RL_OS_RTADDR_H

#include "os/netlink.h"

#define RTADDR_ROOM 160 /* bytes: all attributes that we keep, and some more */

/* What a request to add the address consists of; the index of the device in it is another's. */
struct rtaddr {
	uint32_t len;
	_Alignas(4) uint8_t bytes[RTADDR_ROOM];
};

/* List those of a device, in the order of adding them; the caller frees *ret. 0 or a negative
 * errno. */
int rtaddr_list(struct netlink *n, int index, struct rtaddr **ret, size_t *ret_n);

/* Take what we keep of an answer. Pure. 0 or a negative errno. */
int rtaddr_parse(const struct nlmsghdr *h, struct rtaddr *ret);

/* Whether the bytes are such an address, complete: they may come from a file. Pure. */
bool rtaddr_is_valid(const struct rtaddr *a);

/* Whether it is permanent and of global scope. Pure. */
bool rtaddr_is_lasting(const struct rtaddr *a);

/* Whether the kernel makes and drops it by itself (privacy addresses of IPv6). Pure. */
bool rtaddr_is_temporary(const struct rtaddr *a);

/* The request to add it to a device; a label that has the device's name follows the new one. Pure.
 */
void rtaddr_request(const struct rtaddr *a, int index, const char *old_name, const char *new_name,
		    struct nlmsg *ret);

/* Add it, or make one that is there the same. */
int rtaddr_add(struct netlink *n, const struct rtaddr *a, int index, const char *old_name,
	       const char *new_name);

#define RTADDR_TEXT 64

/* "192.0.2.1/24". Returns buf, of RTADDR_TEXT bytes. */
const char *rtaddr_text(const struct rtaddr *a, char *buf);

#endif
