/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of network devices; see rtaddr.h. */
#include "os/rtaddr.h"

#include "base/auto.h"
#include "os/rtlink.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define ADDRESSES_MAX 4096 /* of one device */
#define TRIES         8    /* for a list that changes while it is read */

/* What makes an address what it is; beside these the kernel tells when it was made. */
static const int kept[] = {
	IFA_ADDRESS, IFA_LOCAL,       IFA_LABEL,     IFA_BROADCAST,
	IFA_FLAGS,   IFA_RT_PRIORITY, IFA_CACHEINFO, IFA_PROTO,
};

static struct ifaddrmsg head_of(const struct rtaddr *a)
{
	struct ifaddrmsg head;

	memcpy(&head, a->bytes, sizeof(head));
	return head;
}

static struct nlmsg_attrs attrs_of(const struct rtaddr *a)
{
	return (struct nlmsg_attrs){ (const char *)a->bytes + sizeof(struct ifaddrmsg),
				     a->len - sizeof(struct ifaddrmsg) };
}

int rtaddr_parse(const struct nlmsghdr *h, struct rtaddr *ret)
{
	struct nlmsg_attrs attrs = nlmsg_attrs_of(h, sizeof(struct ifaddrmsg));
	struct nlmsg m;

	if (h->nlmsg_type != RTM_NEWADDR || !attrs.data)
		return -EPROTO;
	nlmsg_start(&m, RTM_NEWADDR, 0, NLMSG_DATA(h), sizeof(struct ifaddrmsg));
	for (size_t i = 0; i < RL_COUNT(kept); i++) {
		struct nlmsg_attrs a = nlmsg_find(attrs, kept[i]);

		if (a.data)
			nlmsg_put(&m, kept[i], a.data, a.len);
	}
	*ret = (struct rtaddr){ .len = m.head.nlmsg_len - NLMSG_HDRLEN };
	if (m.full || ret->len > sizeof(ret->bytes))
		return -EMSGSIZE;
	memcpy(ret->bytes, m.body, ret->len);
	return rtaddr_is_valid(ret) ? 0 : -EPROTO;
}

static struct nlmsg_attrs find_address(const struct rtaddr *a)
{
	struct nlmsg_attrs own = nlmsg_find(attrs_of(a), IFA_LOCAL);

	return own.data ? own : nlmsg_find(attrs_of(a), IFA_ADDRESS);
}

bool rtaddr_is_valid(const struct rtaddr *a)
{
	struct ifaddrmsg head;
	size_t size;

	if (a->len < sizeof(head) || a->len > sizeof(a->bytes))
		return false;
	head = head_of(a);
	size = head.ifa_family == AF_INET  ? sizeof(struct in_addr) :
	       head.ifa_family == AF_INET6 ? sizeof(struct in6_addr) :
					     0;
	return size && find_address(a).len == size && head.ifa_prefixlen <= size * 8;
}

static uint32_t flags_of(const struct rtaddr *a)
{
	return nlmsg_find_u32(attrs_of(a), IFA_FLAGS, head_of(a).ifa_flags);
}

bool rtaddr_is_lasting(const struct rtaddr *a)
{
	return (flags_of(a) & IFA_F_PERMANENT) && head_of(a).ifa_scope == RT_SCOPE_UNIVERSE;
}

bool rtaddr_is_temporary(const struct rtaddr *a)
{
	return head_of(a).ifa_family == AF_INET6 && (flags_of(a) & IFA_F_TEMPORARY);
}

struct list {
	int index;
	struct rtaddr *all;
	size_t n;
};

static int take_address(const struct nlmsghdr *h, void *arg)
{
	struct list *l = arg;
	struct rtaddr a, *more;
	struct ifaddrmsg head;
	int r;

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(head)))
		return -EPROTO;
	memcpy(&head, NLMSG_DATA(h), sizeof(head));
	/* A dump of all families may bring some of which we know nothing. */
	if ((int)head.ifa_index != l->index ||
	    (head.ifa_family != AF_INET && head.ifa_family != AF_INET6))
		return 0;
	r = rtaddr_parse(h, &a);
	if (r < 0)
		return r;
	if (l->n == ADDRESSES_MAX)
		return -E2BIG;
	more = reallocarray(l->all, l->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->all = more;
	l->all[l->n++] = a;
	return 0;
}

/*
 * Of several addresses of IPv4 in a network the first that was added is the primary one. Those of
 * IPv6, which come behind, are listed with the newest first.
 */
static void sort_by_age(struct list *l)
{
	size_t low = 0, high = l->n;

	while (low < l->n && head_of(&l->all[low]).ifa_family == AF_INET)
		low++;
	for (; low + 1 < high; low++, high--) {
		struct rtaddr a = l->all[low];

		l->all[low] = l->all[high - 1];
		l->all[high - 1] = a;
	}
}

int rtaddr_list(struct netlink *n, int index, struct rtaddr **ret, size_t *ret_n)
{
	struct ifaddrmsg head = { .ifa_index = (uint32_t)index };
	struct list l = { .index = index };
	struct nlmsg m;
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		l.n = 0;
		nlmsg_start(&m, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
		r = netlink_call(n, &m, take_address, &l);
	}
	if (r < 0) {
		free(l.all);
		return r;
	}
	sort_by_age(&l);
	*ret = l.all;
	*ret_n = l.n;
	return 0;
}

/* "eth0:web" of eth0 is "net1:web" of net1, and "eth0" is the new name; others stay. */
static void put_label(struct nlmsg *m, const struct rtaddr *a, const char *old_name,
		      const char *new_name)
{
	char was[RTLINK_NAME], text[2 * RTLINK_NAME];
	size_t len = strlen(old_name);

	nlmsg_find_str(attrs_of(a), IFA_LABEL, was, sizeof(was));
	if (strncmp(was, old_name, len) != 0 || (was[len] && was[len] != ':'))
		snprintf(text, sizeof(text), "%s", was);
	else
		snprintf(text, sizeof(text), "%s%s", new_name, was + len);
	/* One that is too long by now: the kernel then takes the name of the device. */
	if (strlen(text) < RTLINK_NAME)
		nlmsg_put_str(m, IFA_LABEL, text);
}

void rtaddr_request(const struct rtaddr *a, int index, const char *old_name, const char *new_name,
		    struct nlmsg *ret)
{
	struct ifaddrmsg head = head_of(a);

	head.ifa_index = (uint32_t)index;
	nlmsg_start(ret, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	for (size_t i = 0; i < RL_COUNT(kept); i++) {
		struct nlmsg_attrs value = nlmsg_find(attrs_of(a), kept[i]);

		if (value.data && kept[i] == IFA_LABEL)
			put_label(ret, a, old_name, new_name);
		else if (value.data)
			nlmsg_put(ret, kept[i], value.data, value.len);
	}
}

int rtaddr_add(struct netlink *n, const struct rtaddr *a, int index, const char *old_name,
	       const char *new_name)
{
	struct nlmsg m;

	rtaddr_request(a, index, old_name, new_name, &m);
	return netlink_call(n, &m, NULL, NULL);
}

const char *rtaddr_text(const struct rtaddr *a, char *buf)
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct ifaddrmsg head = head_of(a);

	inet_ntop(head.ifa_family, find_address(a).data, text, sizeof(text));
	snprintf(buf, RTADDR_TEXT, "%s/%u", text, head.ifa_prefixlen);
	return buf;
}
