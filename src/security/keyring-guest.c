/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session keyring: a process inherits its parent's, and with it the caller's keys
 * (keyrings(7)). The payload gets a new, empty one without a name, so that nobody else can join it.
 */
#include "security/security.h"

#include "os/guestkey.h"
#include "os/lsmattr.h"

#include <linux/keyctl.h>

/* A keyring is an object to SELinux: with our label the payload might not use it. */
static long label_keys(const struct guest *g, const struct security_plan *p, const char *label)
{
	return p->label.selinux ? lsmattr_set(g->proc_fd, LSMATTR_SELINUX_KEYCREATE, label) : 0;
}

int keyring_join(struct guest *g, const struct security_plan *p)
{
	const char *label = p->label.selinux ? flat_get_str(g->base, p->label.selinux) : "";
	long r = label_keys(g, p, label);

	if (r < 0)
		return guestkey_fail(g, r, "process.selinuxLabel",
				     "set the SELinux label of the session keyring", label);
	r = SYS_2(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);
	if (label_keys(g, p, "") < 0 && r >= 0)
		return guest_fail(g, -EIO, 0, "go back to our own SELinux label of keys", NULL);
	if (r >= 0 || r == -ENOSYS) /* a kernel without keys has none to hide */
		return 0;
	sys_append(g->err->hint, sizeof(g->err->hint),
		   "--no-new-keyring keeps the caller's keyring");
	return guest_fail(g, r, 0, "make a new session keyring", NULL);
}
