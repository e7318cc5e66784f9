/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the privileges of a process: capabilities, no_new_privs, the filter, labels, the sandbox.
 * Pure. */
#include "security/security.h"

#include "libocispec/ocispec.h"
#include "security/filter-words.h"
#include "spec/annotations.h"
#include "spec/lookup.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>

#define LAST_CAP_MAX 63 /* the kernel's sets have 64 bits */

/* What can be given to the payload. Who enters a user namespace has every capability in it. */
static uint64_t grantable_caps(const struct oci_config *c, const struct security_facts *facts,
			       int last_cap)
{
	uint64_t known = UINT64_MAX >> (LAST_CAP_MAX - last_cap);

	return lookup_namespace(c->linux_, "user") ? known : known & facts->bounding;
}

/* The kernel would only say that something of the filter is wrong, and when it is started. */
static int check_flags(uint32_t lacking, struct rl_err *e)
{
	for (const struct filter_flag *flag = filter_flags; flag->word; flag++)
		if (lacking & flag->bit)
			return rl_refuse(e, "linux.seccomp.flags", "this kernel has no %s",
					 flag->word);
	return 0;
}

/* From the rules, or, by an annotation of crun's, as it comes with the configuration. */
static int plan_filter(const struct oci_config *c, const struct security_facts *facts,
		       struct flat *f, struct filter_plan *ret, struct rl_err *e)
{
	const struct oci_seccomp *s = c->linux_ ? c->linux_->seccomp : NULL;
	const char *data = annotations_get(c, annotation_seccomp_bpf_data);
	uint8_t strict;
	int r;

	if (!s && !data)
		return 0;
	r = annotations_flag(c, annotation_seccomp_fail_unknown_syscall, &strict, e);
	if (r == 0)
		r = data ? filter_plan_data(data, annotation_seccomp_bpf_data_where, s, f, ret, e) :
			   filter_plan(s, strict, f, ret, e);
	return r == 0 ? check_flags(ret->flags & facts->no_flags, e) : r;
}

/*
 * In a mount namespace that is joined the container's root is that of its processes only, which
 * chroot(2) gives. Who may call that leaves it by another one; who may make a mount namespace, by a
 * descriptor from before, which is not below the root that he has in the copy. (As root of a new
 * user namespace he could do both, but the kernel lets nobody make one who has such a root.)
 */
static uint64_t withheld_caps(const struct oci_config *c)
{
	const struct oci_namespace *mount = lookup_namespace(c->linux_, "mount");
	const uint64_t leaving = UINT64_C(1) << CAP_SYS_CHROOT | UINT64_C(1) << CAP_SYS_ADMIN;

	return mount && lookup_is_joined(mount) ? leaving : 0;
}

int security_plan(const struct oci_config *c, const struct oci_process *proc,
		  const struct security_facts *facts, struct flat *f, struct security_plan *ret,
		  struct rl_err *e)
{
	struct security_plan p = { 0 };
	int last_cap = facts->last_cap;
	int r;

	if (last_cap < 0 || last_cap > LAST_CAP_MAX)
		last_cap = LAST_CAP_MAX;
	p.last_cap = (uint8_t)last_cap;
	p.no_new_privs = proc->no_new_privileges;
	caps_plan(proc->capabilities, grantable_caps(c, facts, last_cap), withheld_caps(c),
		  &p.caps);
	r = plan_filter(c, facts, f, &p.filter, e);
	if (r == 0)
		r = label_plan(proc, facts, f, &p.label, e);
	if (r == 0)
		r = landlock_plan(c, facts, f, &p.landlock, e);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}
