/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of rtnetlink(7): devices and addresses; what is read of one can be asked for again. */
#include "tests/fuzz/fuzz.h"

#include "os/netlink.h"
#include "os/rtaddr.h"
#include "os/rtlink.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/types.h>

static void take(const struct nlmsghdr *h)
{
	char text[RTADDR_TEXT], why[64];
	struct rtlink link;
	struct rtaddr addr = { 0 };
	struct nlmsg request;

	if (rtlink_parse(h, &link) >= 0)
		fuzz_require(memchr(link.name, 0, sizeof(link.name)) &&
				     link.mac_len <= sizeof(link.mac),
			     "a device's name ends, its address has room");
	if (rtaddr_parse(h, &addr) >= 0 && rtaddr_is_valid(&addr)) {
		rtaddr_is_lasting(&addr);
		rtaddr_is_temporary(&addr);
		rtaddr_text(&addr, text);
		rtaddr_request(&addr, 7, "eth0", "eth1", &request);
		fuzz_require(request.full || request.head.nlmsg_len <= sizeof(request),
			     "a request has room");
	}
	nlmsg_find_str(nlmsg_attrs_of(h, sizeof(struct nlmsgerr)), NLMSGERR_ATTR_MSG, why,
		       sizeof(why));
}

/* As they come from the kernel; and an address as it stands in a record. */
void fuzz_netlink(const uint8_t *data, size_t size)
{
	static _Alignas(struct nlmsghdr) char buf[8192];
	/* Signed, as NLMSG_NEXT() may go beyond the end by the padding. */
	ssize_t left = size < sizeof(buf) ? (ssize_t)size : (ssize_t)sizeof(buf);
	struct rtaddr addr = { .len = (uint32_t)(left < RTADDR_ROOM ? left : RTADDR_ROOM) };

	memcpy(buf, data, (size_t)left);
	memcpy(addr.bytes, buf, addr.len);
	if (rtaddr_is_valid(&addr)) {
		char text[RTADDR_TEXT];
		struct nlmsg request;

		rtaddr_text(&addr, text);
		rtaddr_request(&addr, 7, "eth0", "eth1", &request);
	}
	for (const struct nlmsghdr *h = (const struct nlmsghdr *)buf; NLMSG_OK(h, left);
	     h = NLMSG_NEXT(h, left))
		take(h);
}
