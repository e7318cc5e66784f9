/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the privileges of a process: capabilities, no_new_privs, the filter, labels, the sandbox.
 * Pure. */
#include "security/security.h"

#include "libocispec/ocispec.h"

#include <stdbool.h>
#include <string.h>

#define LAST_CAP_MAX 63 /* the kernel's sets have 64 bits */

static bool has_user_namespace(const struct oci_linux *l)
{
	for (size_t i = 0; l && i < l->n_namespaces; i++)
		if (!strcmp(l->namespaces[i]->type, "user"))
			return true;
	return false;
}

/* What can be given to the payload. Who enters a user namespace has every capability in it. */
static uint64_t grantable_caps(const struct oci_config *c, const struct security_facts *facts,
			       int last_cap)
{
	uint64_t known = UINT64_MAX >> (LAST_CAP_MAX - last_cap);

	return has_user_namespace(c->linux_) ? known : known & facts->bounding;
}

int security_plan(const struct oci_config *c, const struct oci_process *proc,
		  const struct security_facts *facts, struct flat *f, struct security_plan *ret,
		  struct rl_err *e)
{
	const struct oci_linux *l = c->linux_;
	struct security_plan p = { 0 };
	int last_cap = facts->last_cap;
	int r;

	if (last_cap < 0 || last_cap > LAST_CAP_MAX)
		last_cap = LAST_CAP_MAX;
	p.last_cap = (uint8_t)last_cap;
	p.no_new_privs = proc->no_new_privileges;
	caps_plan(proc->capabilities, grantable_caps(c, facts, last_cap), &p.caps);
	if (l && l->seccomp) {
		r = filter_plan(l->seccomp, f, &p.filter, e);
		if (r < 0)
			return r;
	}
	r = label_plan(proc, facts, f, &p.label, e);
	if (r == 0)
		r = landlock_plan(c, facts, f, &p.landlock, e);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}
