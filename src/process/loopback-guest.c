/* SPDX-License-Identifier: Apache-2.0 */
/* Brings up the loopback interface of a new network namespace; see netdevice(7). */
#include "process/process.h"

#define LOOPBACK_GET     0x8913 /* SIOCGIFFLAGS */
#define LOOPBACK_SET     0x8914 /* SIOCSIFFLAGS */
#define LOOPBACK_INET    2      /* AF_INET */
#define LOOPBACK_DGRAM   2      /* SOCK_DGRAM */
#define LOOPBACK_CLOEXEC 02000000
#define LOOPBACK_UP      0x1 /* IFF_UP */

/* struct ifreq of <linux/if.h>, which needs headers of the C library. */
struct loopback_request {
	char name[16];
	int16_t flags;
	char rest[22];
};

static long bring_up(int fd)
{
	struct loopback_request q = { .name = "lo" };
	long r = SYS_3(__NR_ioctl, fd, LOOPBACK_GET, &q);

	if (r < 0 || (q.flags & LOOPBACK_UP))
		return r;
	q.flags |= LOOPBACK_UP;
	return SYS_3(__NR_ioctl, fd, LOOPBACK_SET, &q);
}

int loopback_up(struct guest *g, const struct namespaces_plan *p)
{
	long r = SYS_3(__NR_socket, LOOPBACK_INET, LOOPBACK_DGRAM | LOOPBACK_CLOEXEC, 0);
	int fd = (int)r;

	(void)p;
	if (fd >= 0) {
		r = bring_up(fd);
		sys_close(fd);
	}
	return r < 0 ? guest_fail(g, r, 0, "bring up the loopback interface", "lo") : 0;
}
