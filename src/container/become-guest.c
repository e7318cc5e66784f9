/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Becoming root of a new user namespace. execve(2) by an id that is not mapped to 0 loses every
 * capability, so they are also made ambient; the payload's sets are set from nothing later.
 */
#include "container/init.h"

#include <linux/capability.h>
#include <linux/prctl.h>

static long capabilities_ambient(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	long r = SYS_2(__NR_capget, &head, data);

	if (r < 0)
		return r;
	data[0].inheritable = data[0].effective = data[0].permitted;
	data[1].inheritable = data[1].effective = data[1].permitted;
	r = SYS_2(__NR_capset, &head, data);
	for (unsigned int cap = 0; r >= 0 && cap < 64; cap++)
		if (data[cap / 32].permitted & 1u << cap % 32)
			r = SYS_5(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return r;
}

int become_root(const struct init *i)
{
	const struct namespaces_plan *ns = &i->p->ns;
	long r;

	/* Denied by design where setgroups is "deny". */
	r = ns->keep_groups ? 0 : SYS_2(__NR_setgroups, 0, 0);
	if (r < 0 && r != -EPERM)
		return guest_fail(&i->g, r, 0, "drop the caller's groups", NULL);
	SYS_5(__NR_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	r = SYS_3(__NR_setresgid, ns->root_gid, ns->root_gid, ns->root_gid);
	if (r >= 0)
		r = SYS_3(__NR_setresuid, ns->root_uid, ns->root_uid, ns->root_uid);
	if (r >= 0 && ns->root_uid != 0)
		r = capabilities_ambient();
	/* See begin() in init-guest.c. */
	if (r >= 0)
		r = guest_hide();
	if (r < 0)
		return guest_fail(&i->g, r, 0, "become root of the user namespace", NULL);
	follow_host(i->report_fd);
	return 0;
}
