/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for the profile of AppArmor and the label of SELinux. The kernel keeps them for the next
 * execve(2), over the clone into a pid namespace, too. Hooks of startContainer are programs of the
 * container: they are confined as the process is.
 */
#include "security/security.h"

#include "os/guestkey.h"
#include "os/lsmattr.h"

#define APPARMOR "process.apparmorProfile"
#define SELINUX  "process.selinuxLabel"

/* Engines know the faults of labels by the file in quotes. */
#define SELINUX_VERB "ask SELinux, as by `/proc/thread-self/attr/exec`, for the label"

static int set_apparmor(struct guest *g, const char *text)
{
	long r = lsmattr_set(g->proc_fd, LSMATTR_APPARMOR_EXEC, text);

	if (r >= 0)
		return 0;
	guestkey_fail(g, r, APPARMOR, "ask AppArmor to", text);
	if (r == -ENOENT)
		guestkey_hint(g, "no profile of this name is loaded: apparmor_parser(8) loads it, "
				 "aa-status(8) lists them");
	if (r == -EPERM || r == -EACCES)
		guestkey_hint(g, "the profile that confines rundlet must allow change_profile");
	return (int)r;
}

static int set_selinux(struct guest *g, const char *text)
{
	long r = lsmattr_set(g->proc_fd, LSMATTR_SELINUX_EXEC, text);

	if (r >= 0)
		return 0;
	guestkey_fail(g, r, SELINUX, SELINUX_VERB, text);
	if (r == -EINVAL)
		guestkey_hint(g, "the loaded policy has no such label");
	return (int)r;
}

int label_set(struct guest *g, const struct security_plan *p)
{
	int r = 0;

	if (p->label.apparmor)
		r = set_apparmor(g, flat_get_str(g->base, p->label.apparmor));
	if (r == 0 && p->label.selinux)
		r = set_selinux(g, flat_get_str(g->base, p->label.selinux));
	return r;
}
