/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans what the security modules are told of the process: process.apparmorProfile and
 * process.selinuxLabel. A host that has not the module would run the process without what was to
 * confine it: that is refused. Pure.
 */
#include "security/security.h"

#include "libocispec/ocispec.h"
#include "os/lsmattr.h"

#include <stdio.h>
#include <string.h>

static int label_check(const char *key, const char *text, size_t max, bool is_on,
		       const char *module, struct rl_err *e)
{
	if (!is_on) {
		rl_refuse(e, key, "\"%.64s\" needs %s, which is not in force on this host", text,
			  module);
		rl_hint(e, "an empty string, or none, runs the process without it");
		return -EINVAL;
	}
	if (strlen(text) > max)
		return rl_refuse(e, key, "%zu bytes are more than the %zu that %s takes",
				 strlen(text), max, module);
	return 0;
}

/*
 * With no_new_privs the kernel lets who is confined already add a profile to what confines him, but
 * not exchange it. "exec" is right for all others: the profile alone, as the configuration says it.
 */
static int apparmor_plan(const struct oci_process *proc, const struct security_facts *facts,
			 struct flat *f, struct label_plan *ret, struct rl_err *e)
{
	const char *verb = facts->confined && proc->no_new_privileges ? "stack" : "exec";
	char text[LSMATTR_TEXT + 1];
	int r = label_check("process.apparmorProfile", proc->apparmor_profile,
			    LSMATTR_TEXT - strlen("stack "), facts->apparmor, "AppArmor", e);

	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%s %s", verb, proc->apparmor_profile);
	ret->apparmor = flat_add_str(f, text);
	return 0;
}

static int selinux_plan(const struct oci_process *proc, const struct security_facts *facts,
			struct flat *f, struct label_plan *ret, struct rl_err *e)
{
	int r = label_check("process.selinuxLabel", proc->selinux_label, LSMATTR_TEXT,
			    facts->selinux, "SELinux", e);

	if (r == 0)
		ret->selinux = flat_add_str(f, proc->selinux_label);
	return r;
}

int label_plan(const struct oci_process *proc, const struct security_facts *facts, struct flat *f,
	       struct label_plan *ret, struct rl_err *e)
{
	int r = 0;

	*ret = (struct label_plan){ 0 };
	if (proc->apparmor_profile && proc->apparmor_profile[0])
		r = apparmor_plan(proc, facts, f, ret, e);
	if (r == 0 && proc->selinux_label && proc->selinux_label[0])
		r = selinux_plan(proc, facts, f, ret, e);
	return r;
}
