/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of netlink(7): a header, a structure of the message's type, attributes. Builds requests
 * and finds attributes in answers. Pure.
 */
#ifndef RL_OS_NLMSG_H
#define RL_OS_NLMSG_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NLMSG_ROOM 1024 /* bytes of a request: ours have a few short attributes */

struct nlmsg {
	struct nlmsghdr head;
	char body[NLMSG_ROOM];
	bool full; /* an attribute had no room: not to be sent */
};

/* Begin a request with the structure that its type wants. flags: NLM_F_... beside the request's. */
void nlmsg_start(struct nlmsg *m, int type, int flags, const void *structure, size_t len);

/* Append an attribute. */
void nlmsg_put(struct nlmsg *m, int type, const void *data, size_t len);
void nlmsg_put_u32(struct nlmsg *m, int type, uint32_t value);
void nlmsg_put_str(struct nlmsg *m, int type, const char *text);

/* Append an attribute that is made of those that follow, up to nlmsg_close() of what it returns. */
size_t nlmsg_open(struct nlmsg *m, int type);
void nlmsg_close(struct nlmsg *m, size_t at);

/* A run of attributes in an answer. */
struct nlmsg_attrs {
	const char *data;
	size_t len;
};

/* Those of an answer whose structure is of `size` bytes; none if the answer is too short. */
struct nlmsg_attrs nlmsg_attrs_of(const struct nlmsghdr *h, size_t size);

/* The value of the first attribute of this type; data is NULL: there is none. */
struct nlmsg_attrs nlmsg_find(struct nlmsg_attrs in, int type);

/* The same as a number, or `otherwise` if there is none of that size. */
uint32_t nlmsg_find_u32(struct nlmsg_attrs in, int type, uint32_t otherwise);

/* The same as a string, cut to what buf holds; empty: there is none. */
void nlmsg_find_str(struct nlmsg_attrs in, int type, char *buf, size_t size);

#endif
