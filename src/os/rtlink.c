/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices; see rtlink.h. */
#include "os/rtlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(RTLINK_NAME == IFNAMSIZ, "as the kernel has it");

/* Counters are not of interest, and long. */
#define SKIP_STATS (1u << 3) /* RTEXT_FILTER_SKIP_STATS */

static uint8_t find_gen_mode(struct nlmsg_attrs attrs)
{
	struct nlmsg_attrs af = nlmsg_find(attrs, IFLA_AF_SPEC);
	struct nlmsg_attrs mode = nlmsg_find(nlmsg_find(af, AF_INET6), IFLA_INET6_ADDR_GEN_MODE);

	return mode.len == 1 ? (uint8_t)mode.data[0] : RTLINK_GEN_UNKNOWN;
}

int rtlink_parse(const struct nlmsghdr *h, struct rtlink *ret)
{
	struct nlmsg_attrs attrs = nlmsg_attrs_of(h, sizeof(struct ifinfomsg)), mac;
	struct rtlink l = { 0 };
	struct ifinfomsg info;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(info)))
		return -EPROTO;
	memcpy(&info, NLMSG_DATA(h), sizeof(info));
	mac = nlmsg_find(attrs, IFLA_ADDRESS);
	if (mac.len > sizeof(l.mac))
		return -EPROTO;
	if (mac.len)
		memcpy(l.mac, mac.data, mac.len);
	l.mac_len = (uint8_t)mac.len;
	l.index = info.ifi_index;
	l.up = info.ifi_flags & IFF_UP;
	l.loopback = info.ifi_flags & IFF_LOOPBACK;
	l.master = (int)nlmsg_find_u32(attrs, IFLA_MASTER, 0);
	l.gen_mode = find_gen_mode(attrs);
	nlmsg_find_str(attrs, IFLA_IFNAME, l.name, sizeof(l.name));
	*ret = l;
	return 0;
}

static int take_link(const struct nlmsghdr *h, void *arg)
{
	return rtlink_parse(h, arg);
}

static int find(struct netlink *n, const char *name, int index, struct rtlink *ret)
{
	struct ifinfomsg info = { .ifi_index = index };
	struct nlmsg m;

	nlmsg_start(&m, RTM_GETLINK, 0, &info, sizeof(info));
	nlmsg_put_u32(&m, IFLA_EXT_MASK, SKIP_STATS);
	if (name)
		nlmsg_put_str(&m, IFLA_IFNAME, name);
	return netlink_call(n, &m, take_link, ret);
}

int rtlink_by_name(struct netlink *n, const char *name, struct rtlink *ret)
{
	return find(n, name, 0, ret);
}

int rtlink_by_index(struct netlink *n, int index, struct rtlink *ret)
{
	return find(n, NULL, index, ret);
}

int rtlink_move(struct netlink *n, const struct rtlink_move *mv)
{
	struct ifinfomsg info = { .ifi_index = mv->index };
	struct nlmsg m;

	nlmsg_start(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	nlmsg_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)mv->netns_fd);
	if (mv->new_index)
		nlmsg_put_u32(&m, IFLA_NEW_IFINDEX, (uint32_t)mv->new_index);
	nlmsg_put_str(&m, IFLA_IFNAME, mv->name);
	return netlink_call(n, &m, NULL, NULL);
}

int rtlink_set_up(struct netlink *n, int index)
{
	struct ifinfomsg info = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nlmsg m;

	nlmsg_start(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	return netlink_call(n, &m, NULL, NULL);
}

int rtlink_set_gen_mode(struct netlink *n, int index, uint8_t mode)
{
	struct ifinfomsg info = { .ifi_index = index };
	struct nlmsg m;
	size_t spec, inet6;

	nlmsg_start(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	spec = nlmsg_open(&m, IFLA_AF_SPEC);
	inet6 = nlmsg_open(&m, AF_INET6);
	nlmsg_put(&m, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	nlmsg_close(&m, inet6);
	nlmsg_close(&m, spec);
	return netlink_call(n, &m, NULL, NULL);
}
