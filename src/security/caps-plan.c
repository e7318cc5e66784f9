/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the capability sets: names become bit masks. Pure. */
#include "security/security.h"

#include "base/auto.h"
#include "base/fault.h"
#include "base/log.h"
#include "libocispec/ocispec.h"

#include <linux/capability.h>
#include <strings.h>

static const char *const known[] = {
#define CAP(name) [CAP_##name] = "CAP_" #name,
#include "security/caps.def"
#undef CAP
};

const char *caps_name(int cap)
{
	return cap < (int)RL_COUNT(known) ? known[cap] : NULL;
}

int caps_number(const char *name)
{
	for (int cap = 0; caps_name(cap); cap++)
		if (!strcasecmp(name, caps_name(cap)))
			return cap;
	return -1;
}

static uint64_t mask_of(const char *set, char *const *names, size_t n, uint64_t grantable)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++) {
		int cap = caps_number(names[i]);

		if (cap < 0)
			log_warn("process.capabilities.%s: %s is not known here, ignoring", set,
				 names[i]);
		else if (!(grantable >> cap & 1))
			log_warn("process.capabilities.%s: %s cannot be granted, rundlet does not "
				 "have it, ignoring",
				 set, names[i]);
		else
			mask |= UINT64_C(1) << cap;
	}
	return mask;
}

/* Leave out of `mask` what the kernel would refuse, because `limit` (named) does not have it. */
static uint64_t within(const char *set, uint64_t mask, uint64_t limit, const char *limit_name)
{
	for (int cap = 0; caps_name(cap); cap++)
		if ((mask & ~limit) >> cap & 1)
			log_warn("process.capabilities.%s: %s is not in %s, ignoring", set,
				 caps_name(cap), limit_name);
	return mask & limit;
}

static void withhold(struct caps_plan *p, uint64_t withheld)
{
	uint64_t *const sets[] = { &p->bounding, &p->permitted, &p->effective, &p->inheritable,
				   &p->ambient };
	uint64_t had = 0;

	for (size_t i = 0; i < RL_COUNT(sets); i++) {
		had |= *sets[i] & withheld;
		*sets[i] &= ~withheld;
	}
	for (int cap = 0; caps_name(cap); cap++)
		if (had >> cap & 1)
			log_warn("process.capabilities: %s cannot be granted, it leads out of the "
				 "root in a mount namespace that is joined, ignoring",
				 caps_name(cap));
}

void caps_plan(const struct oci_capabilities *c, uint64_t grantable, uint64_t withheld,
	       struct caps_plan *ret)
{
	struct caps_plan p = { 0 };

	if (c) {
		p.bounding = mask_of("bounding", c->bounding, c->n_bounding, grantable);
		p.permitted = mask_of("permitted", c->permitted, c->n_permitted, grantable);
		p.effective = mask_of("effective", c->effective, c->n_effective, grantable);
		p.inheritable = mask_of("inheritable", c->inheritable, c->n_inheritable, grantable);
		if (fault_is_weak("inheritable"))
			p.inheritable = p.permitted;
		p.ambient = mask_of("ambient", c->ambient, c->n_ambient, grantable);
	}
	withhold(&p, withheld);
	/* capabilities(7): effective is part of permitted; ambient of permitted and inheritable. */
	p.effective = within("effective", p.effective, p.permitted, "permitted");
	p.ambient = within("ambient", p.ambient, p.permitted & p.inheritable,
			   "permitted and inheritable");
	*ret = p;
}
