/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of netlink; see nlmsg.h. */
#include "os/nlmsg.h"

#include <string.h>

_Static_assert(offsetof(struct nlmsg, body) == NLMSG_HDRLEN, "what is sent starts at the head");

/* Room for `len` bytes behind what is there, zeroed up to the alignment; NULL: none is left. */
static void *append(struct nlmsg *m, size_t len)
{
	size_t at = NLMSG_ALIGN(m->head.nlmsg_len) - NLMSG_HDRLEN;
	size_t end = at + NLMSG_ALIGN(len);

	if (m->full || len > NLMSG_ROOM || end > NLMSG_ROOM) {
		m->full = true;
		return NULL;
	}
	memset(m->body + at, 0, end - at);
	m->head.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + at + len);
	return m->body + at;
}

void nlmsg_start(struct nlmsg *m, int type, int flags, const void *structure, size_t len)
{
	void *to;

	m->head = (struct nlmsghdr){
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = (uint16_t)type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
	};
	m->full = false;
	to = append(m, len);
	if (to)
		memcpy(to, structure, len);
}

void nlmsg_put(struct nlmsg *m, int type, const void *data, size_t len)
{
	struct nlattr a = {
		.nla_len = (uint16_t)(NLA_HDRLEN + len),
		.nla_type = (uint16_t)type,
	};
	char *to = len > NLMSG_ROOM ? NULL : append(m, NLA_HDRLEN + len);

	if (!to) {
		m->full = true;
		return;
	}
	memcpy(to, &a, sizeof(a));
	if (len)
		memcpy(to + NLA_HDRLEN, data, len);
}

void nlmsg_put_u32(struct nlmsg *m, int type, uint32_t value)
{
	nlmsg_put(m, type, &value, sizeof(value));
}

void nlmsg_put_str(struct nlmsg *m, int type, const char *text)
{
	nlmsg_put(m, type, text, strlen(text) + 1);
}

size_t nlmsg_open(struct nlmsg *m, int type)
{
	size_t at = NLMSG_ALIGN(m->head.nlmsg_len) - NLMSG_HDRLEN;

	nlmsg_put(m, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nlmsg_close(struct nlmsg *m, size_t at)
{
	struct nlattr a;

	if (m->full)
		return;
	memcpy(&a, m->body + at, sizeof(a));
	a.nla_len = (uint16_t)(m->head.nlmsg_len - NLMSG_HDRLEN - at);
	memcpy(m->body + at, &a, sizeof(a));
}

struct nlmsg_attrs nlmsg_attrs_of(const struct nlmsghdr *h, size_t size)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(size);

	if (h->nlmsg_len < skip)
		return (struct nlmsg_attrs){ 0 };
	return (struct nlmsg_attrs){ (const char *)h + skip, h->nlmsg_len - skip };
}

struct nlmsg_attrs nlmsg_find(struct nlmsg_attrs in, int type)
{
	struct nlattr a;

	while (in.len >= sizeof(a)) {
		size_t step;

		memcpy(&a, in.data, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > in.len)
			break;
		if ((a.nla_type & NLA_TYPE_MASK) == type)
			return (struct nlmsg_attrs){ in.data + NLA_HDRLEN,
						     (size_t)a.nla_len - NLA_HDRLEN };
		step = NLA_ALIGN(a.nla_len);
		if (step > in.len)
			break;
		in.data += step;
		in.len -= step;
	}
	return (struct nlmsg_attrs){ 0 };
}

uint32_t nlmsg_find_u32(struct nlmsg_attrs in, int type, uint32_t otherwise)
{
	struct nlmsg_attrs a = nlmsg_find(in, type);
	uint32_t value;

	if (a.len != sizeof(value))
		return otherwise;
	memcpy(&value, a.data, sizeof(value));
	return value;
}

void nlmsg_find_str(struct nlmsg_attrs in, int type, char *buf, size_t size)
{
	struct nlmsg_attrs a = nlmsg_find(in, type);
	size_t len = a.data ? strnlen(a.data, a.len) : 0;

	if (len > size - 1)
		len = size - 1;
	if (len)
		memcpy(buf, a.data, len);
	buf[len] = 0;
}
