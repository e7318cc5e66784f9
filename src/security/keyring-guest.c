/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session keyring: a process inherits its parent's, and with it the caller's keys
 * (keyrings(7)). The payload gets a new, empty one without a name, so that nobody else can join it.
 */
#include "security/security.h"

#include <linux/keyctl.h>

int keyring_join(struct guest *g)
{
	long r = SYS_2(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);

	if (r >= 0 || r == -ENOSYS) /* a kernel without keys has none to hide */
		return 0;
	sys_append(g->err->hint, sizeof(g->err->hint),
		   "--no-new-keyring keeps the caller's keyring");
	return guest_fail(g, r, 0, "make a new session keyring", NULL);
}
