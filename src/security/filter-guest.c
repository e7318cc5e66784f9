/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the compiled seccomp filter; see seccomp(2). */
#include "security/security.h"

#include "os/guestkey.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

static long set(const void *base, const struct flat_blob *b, uint32_t flags)
{
	struct sock_fprog prog = {
		.len = (unsigned short)(b->len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)flat_get(base, b->off),
	};

	return b->len ? SYS_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog) : 0;
}

long filter_load_unheard(const void *base, const struct security_plan *p)
{
	const uint32_t listening =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

	return set(base, &p->filter.program, p->filter.flags & ~listening);
}

int filter_load(struct guest *g, const struct security_plan *p)
{
	long r = set(g->base, &p->filter.program, p->filter.flags);

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
