/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the compiled seccomp filter; see seccomp(2). */
#include "security/security.h"

#include "os/guestkey.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

int filter_load(struct guest *g, const struct security_plan *p)
{
	const struct flat_blob *b = &p->filter.program;
	struct sock_fprog prog = {
		.len = (unsigned short)(b->len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)flat_get(g->base, b->off),
	};
	long r;

	if (!b->len)
		return 0;
	r = SYS_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, p->filter.flags, &prog);
	/* With TSYNC the number of a thread that has other filters: we have no threads. */
	if (r > 0 && !p->filter.listens)
		r = -EBUSY;
	if (r < 0) {
		guestkey_fail(g, r, "linux.seccomp", "load the seccomp filter", NULL);
		if (r == -EBUSY && p->filter.listens)
			guestkey_hint(g, "the kernel gives one listener to a process: a filter "
					 "that rundlet itself runs under has one already");
		if (r == -EINVAL)
			guestkey_hint(g, "this kernel may lack one of the flags in "
					 "linux.seccomp.flags");
	}
	return (int)r;
}
