/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/nlmsg.c, rtlink.c, rtaddr.c: requests are built and answers read, whole ones and broken ones.
 * The kernel answers in a network namespace of ours, where there may be one.
 */
#include "os/nlmsg.h"
#include "os/rtaddr.h"
#include "os/rtlink.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static struct nlmsg_attrs body_of(const struct nlmsg *m, size_t size)
{
	return nlmsg_attrs_of(&m->head, size);
}

static void test_build(void)
{
	const struct ifinfomsg info = { .ifi_index = 7 };
	struct nlmsg_attrs all, nest;
	struct nlmsg m;
	char text[8];
	size_t at;

	nlmsg_start(&m, RTM_NEWLINK, NLM_F_ACK, &info, sizeof(info));
	nlmsg_put_str(&m, IFLA_IFNAME, "eth0");
	at = nlmsg_open(&m, IFLA_AF_SPEC);
	nlmsg_put_u32(&m, 1, 11);
	nlmsg_put(&m, 2, "x", 1);
	nlmsg_close(&m, at);
	nlmsg_put_u32(&m, IFLA_MTU, 1400);
	ok(!m.full && m.head.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK), "a request");
	all = body_of(&m, sizeof(info));
	nlmsg_find_str(all, IFLA_IFNAME, text, sizeof(text));
	is_str(text, "eth0", "a string");
	is_int(nlmsg_find_u32(all, IFLA_MTU, 0), 1400,
	       "what stands behind attributes of odd length");
	nest = nlmsg_find(all, IFLA_AF_SPEC);
	is_int(nlmsg_find_u32(nest, 1, 0), 11, "inside another");
	is_int(nlmsg_find(nest, 2).len, 1, "one byte");
	ok(!nlmsg_find(nest, IFLA_MTU).data, "what is outside is not inside");
	is_int(nlmsg_find_u32(all, IFLA_IFNAME, 5), 5, "what is no number gives the default");
	nlmsg_find_str(all, IFLA_IFNAME, text, 3);
	is_str(text, "et", "a string is cut");
}

static void test_full(void)
{
	const struct ifinfomsg info = { 0 };
	static char much[NLMSG_ROOM * 2];
	struct nlmsg m;

	nlmsg_start(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	nlmsg_put(&m, 1, much, sizeof(much));
	ok(m.full, "an attribute that is too long");
	nlmsg_start(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	ok(!m.full, "begun anew");
	for (int i = 0; i < NLMSG_ROOM; i++)
		nlmsg_put_u32(&m, 1, 1);
	ok(m.full && m.head.nlmsg_len <= NLMSG_HDRLEN + NLMSG_ROOM, "too many");
}

/* Attributes whose lengths lie: nothing is read outside of them. */
static void test_broken(void)
{
	static const uint16_t lengths[] = { 0, 1, 3, 5, 9, 0xffff };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct nlattr *a = malloc(8);
		struct nlmsg_attrs all = { (char *)a, 8 };

		*a = (struct nlattr){ .nla_len = lengths[i], .nla_type = 3 };
		memset(a + 1, 0, 4);
		ok(!nlmsg_find(all, 4).data, "length %u: no other is found", lengths[i]);
		ok(nlmsg_find(all, 3).len <= 4, "length %u: it stays inside", lengths[i]);
		free(a);
	}
	ok(!nlmsg_find((struct nlmsg_attrs){ 0 }, 1).data, "none of none");
}

/* An answer as the kernel gives it, as a request with its type. */
static void link_answer(struct nlmsg *m, size_t mac_len, bool cut)
{
	const struct ifinfomsg info = { .ifi_index = 9, .ifi_flags = IFF_UP };
	const uint8_t mac[64] = { 2, 0, 0, 0, 0, 1 }, mode = 1;
	size_t spec, inet6;

	nlmsg_start(m, RTM_NEWLINK, 0, &info, sizeof(info));
	nlmsg_put_str(m, IFLA_IFNAME, "eth0");
	nlmsg_put(m, IFLA_ADDRESS, mac, mac_len);
	nlmsg_put_u32(m, IFLA_MASTER, 4);
	spec = nlmsg_open(m, IFLA_AF_SPEC);
	inet6 = nlmsg_open(m, AF_INET6);
	nlmsg_put(m, IFLA_INET6_ADDR_GEN_MODE, &mode, 1);
	nlmsg_close(m, inet6);
	nlmsg_close(m, spec);
	if (cut)
		m->head.nlmsg_len = NLMSG_HDRLEN + 4;
}

static void test_link(void)
{
	struct nlmsg m;
	struct rtlink l;

	link_answer(&m, 6, false);
	is_int(rtlink_parse(&m.head, &l), 0, "a link");
	ok(l.index == 9 && l.up && !l.loopback && l.master == 4, "its numbers and flags");
	ok(!strcmp(l.name, "eth0") && l.mac_len == 6 && l.mac[0] == 2 && l.mac[5] == 1, "names");
	is_int(l.gen_mode, 1, "the mode inside two attributes");
	link_answer(&m, 33, false);
	is_int(rtlink_parse(&m.head, &l), -EPROTO, "a hardware address that is too long");
	link_answer(&m, 6, true);
	is_int(rtlink_parse(&m.head, &l), -EPROTO, "an answer that is too short");
	link_answer(&m, 6, false);
	m.head.nlmsg_type = RTM_NEWADDR;
	is_int(rtlink_parse(&m.head, &l), -EPROTO, "an answer of another type");
}

struct address {
	int family;
	const char *text, *label;
	uint32_t flags;
	unsigned char scope, prefix;
};

static void address_answer(struct nlmsg *m, const struct address *a)
{
	const struct ifaddrmsg head = {
		.ifa_family = (unsigned char)a->family,
		.ifa_prefixlen = a->prefix,
		.ifa_scope = a->scope,
		.ifa_index = 9,
	};
	unsigned char bytes[16];
	char unknown[200] = "";

	inet_pton(a->family, a->text, bytes);
	nlmsg_start(m, RTM_NEWADDR, 0, &head, sizeof(head));
	nlmsg_put(m, IFA_ADDRESS, bytes, a->family == AF_INET ? 4 : 16);
	nlmsg_put(m, 77, unknown, sizeof(unknown));
	if (a->label)
		nlmsg_put_str(m, IFA_LABEL, a->label);
	nlmsg_put_u32(m, IFA_FLAGS, a->flags);
}

static void test_address(void)
{
	static const struct {
		struct address a;
		bool lasting, temporary;
		const char *text;
	} rows[] = {
		{ { AF_INET, "192.0.2.1", "eth0", IFA_F_PERMANENT, 0, 24 },
		  true,
		  false,
		  "192.0.2.1/24" },
		{ { AF_INET, "192.0.2.1", "eth0", IFA_F_PERMANENT | IFA_F_SECONDARY, 0, 32 },
		  true,
		  false,
		  "192.0.2.1/32" },
		{ { AF_INET, "192.0.2.1", NULL, 0, 0, 24 }, false, false, "192.0.2.1/24" },
		{ { AF_INET, "192.0.2.1", NULL, IFA_F_PERMANENT, RT_SCOPE_LINK, 24 },
		  false,
		  false,
		  "192.0.2.1/24" },
		{ { AF_INET6, "2001:db8::1", NULL, IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE, 0, 64 },
		  true,
		  false,
		  "2001:db8::1/64" },
		{ { AF_INET6, "2001:db8::2", NULL, IFA_F_TEMPORARY, 0, 64 },
		  false,
		  true,
		  "2001:db8::2/64" },
		{ { AF_INET6, "fe80::1", NULL, IFA_F_PERMANENT, RT_SCOPE_LINK, 64 },
		  false,
		  false,
		  "fe80::1/64" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[RTADDR_TEXT];
		struct rtaddr a;
		struct nlmsg m;

		address_answer(&m, &rows[i].a);
		is_int(rtaddr_parse(&m.head, &a), 0, "row %zu", i);
		is_str(rtaddr_text(&a, text), rows[i].text, "row %zu: text", i);
		ok(rtaddr_is_lasting(&a) == rows[i].lasting, "row %zu: lasting", i);
		ok(rtaddr_is_temporary(&a) == rows[i].temporary, "row %zu: temporary", i);
	}
}

static void test_address_broken(void)
{
	struct address good = { AF_INET, "192.0.2.1", NULL, 0, 0, 24 }, a = good;
	struct rtaddr kept;
	struct nlmsg m;

	a.prefix = 33;
	address_answer(&m, &a);
	is_int(rtaddr_parse(&m.head, &kept), -EPROTO, "a prefix longer than the address");
	address_answer(&m, &good);
	m.head.nlmsg_len = NLMSG_HDRLEN + 2;
	is_int(rtaddr_parse(&m.head, &kept), -EPROTO, "an answer that is too short");
	address_answer(&m, &good);
	is_int(rtaddr_parse(&m.head, &kept), 0, "a good one");
	for (uint32_t len = 0; len < kept.len; len += 4) {
		struct rtaddr part = kept;

		part.len = len;
		ok(rtaddr_is_valid(&part) == (len >= 16), "its first %u bytes", len);
	}
	kept.len = RTADDR_ROOM + 1;
	ok(!rtaddr_is_valid(&kept), "longer than there is room");
	kept = (struct rtaddr){ .len = 16, .bytes = { AF_UNIX } };
	ok(!rtaddr_is_valid(&kept), "of another family");
}

static void test_labels(void)
{
	static const struct {
		const char *label, *to, *want;
	} rows[] = {
		{ "eth0", "net1", "net1" },         { "eth0:web", "net1", "net1:web" },
		{ "eth01", "net1", "eth01" },       { "eth0:", "net1", "net1:" },
		{ "web", "net1", "web" },           { "eth0:0123456789", "net12345", "" },
		{ "eth0:web", "eth0", "eth0:web" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct address from = { AF_INET,         "192.0.2.1", rows[i].label,
					      IFA_F_PERMANENT, 0,           24 };
		struct ifaddrmsg head;
		struct nlmsg m, request;
		struct rtaddr a;
		char text[32];

		address_answer(&m, &from);
		is_int(rtaddr_parse(&m.head, &a), 0, "an address with the label %s", rows[i].label);
		rtaddr_request(&a, 33, "eth0", rows[i].to, &request);
		nlmsg_find_str(body_of(&request, sizeof(head)), IFA_LABEL, text, sizeof(text));
		is_str(text, rows[i].want, "%s of eth0 on %s", rows[i].label, rows[i].to);
		memcpy(&head, request.body, sizeof(head));
		ok(!request.full && head.ifa_index == 33, "for the other device");
	}
}

static void test_kernel(void)
{
	struct netlink n = NETLINK_INIT;
	struct rtaddr *all = NULL;
	size_t n_all = 0;
	struct rtlink l;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		skip("no network namespace of our own: errno %d", errno);
		return;
	}
	is_int(netlink_open(&n), 0, "a socket");
	is_int(rtlink_by_name(&n, "lo", &l), 0, "the loopback device");
	ok(l.loopback && !l.up && l.index == 1 && l.mac_len == 6, "as it is");
	is_int(rtlink_by_name(&n, "none", &l), -ENODEV, "a device that is not there, by name");
	is_int(rtlink_by_index(&n, 4711, &l), -ENODEV, "and by index");
	is_int(rtlink_set_up(&n, 1), 0, "it is brought up");
	is_int(rtlink_by_index(&n, 1, &l), 0, "found by index");
	ok(l.up, "it is up");
	is_int(rtaddr_list(&n, 1, &all, &n_all), 0, "its addresses");
	ok(n_all >= 1, "are there");
	free(all);
	is_int(rtlink_move(&n, &(struct rtlink_move){ 1, 0, "lo", 0 }), -EINVAL,
	       "what is no namespace is refused");
	netlink_close(&n);
}

int main(void)
{
	test_build();
	test_full();
	test_broken();
	test_link();
	test_address();
	test_address_broken();
	test_labels();
	test_kernel();
	return tap_done();
}
