/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets the capabilities of the payload; see capabilities(7). Every call is checked: a payload with
 * more than was asked for must never start.
 */
#include "security/security.h"

#include "os/guestkey.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <stdbool.h>

struct sets {
	uint64_t effective, permitted, inheritable;
};

static long sets_get(struct sets *ret)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };
	long r = SYS_2(__NR_capget, &head, data);

	if (r < 0)
		return r;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static long sets_put(const struct sets *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)s->effective, (uint32_t)s->permitted, (uint32_t)s->inheritable },
		{ (uint32_t)(s->effective >> 32), (uint32_t)(s->permitted >> 32),
		  (uint32_t)(s->inheritable >> 32) },
	};

	return SYS_2(__NR_capset, &head, data);
}

static long caps_prctl(long option, long a, long b)
{
	return SYS_5(__NR_prctl, option, a, b, 0, 0);
}

static long bound_drop(uint32_t cap)
{
	long r = caps_prctl(PR_CAPBSET_DROP, cap, 0);

	/* Without CAP_SETPCAP nothing can be dropped: fine for what is not there anyway. */
	if (r == -EPERM && caps_prctl(PR_CAPBSET_READ, cap, 0) == 0)
		return 0;
	return r;
}

int caps_bound(struct guest *g, const struct security_plan *p)
{
	struct sets s;
	long r;

	r = caps_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
	if (r < 0)
		return guest_fail(g, r, 0, "clear the ambient capabilities", NULL);
	r = sets_get(&s);
	if (r >= 0) {
		s.inheritable = p->caps.inheritable;
		r = sets_put(&s);
	}
	if (r < 0)
		return guestkey_fail(g, r, "process.capabilities.inheritable",
				     "set the inheritable capabilities", NULL);
	for (uint32_t cap = 0; cap <= p->last_cap; cap++) {
		if (p->caps.bounding >> cap & 1 || SYS_WEAK(bounding))
			continue;
		r = bound_drop(cap);
		if (r < 0)
			return guestkey_fail(g, r, "process.capabilities.bounding",
					     "drop capabilities from the bounding set", NULL);
	}
	/* A change from root to another user would empty the permitted set. */
	r = caps_prctl(PR_SET_KEEPCAPS, 1, 0);
	return r < 0 ? guest_fail(g, r, 0, "keep capabilities over the change of user", NULL) : 0;
}

static int ambient_raise(struct guest *g, const struct caps_plan *p, uint32_t last_cap)
{
	for (uint32_t cap = 0; cap <= last_cap; cap++) {
		long r = 0;

		if (p->ambient >> cap & 1)
			r = caps_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
		if (r < 0)
			return guestkey_fail(g, r, "process.capabilities.ambient",
					     "raise ambient capabilities", NULL);
	}
	return 0;
}

/* What a filter and Landlock ask for, where programs may still gain privileges. */
static uint64_t restriction_caps(const struct security_plan *p)
{
	bool restricts = p->filter.program.len || p->landlock.paths || p->landlock.ports;

	return restricts && !p->no_new_privs ? 1ull << CAP_SYS_ADMIN : 0;
}

int caps_lower(struct guest *g, const struct security_plan *p)
{
	/* user_set() and what is before it. */
	const uint64_t user = 1ull << CAP_SETUID | 1ull << CAP_SETGID | 1ull << CAP_CHOWN;
	const uint64_t keep = p->caps.permitted | restriction_caps(p) | user;
	struct sets s;
	long r = sets_get(&s);

	if (r >= 0) {
		s.permitted &= keep;
		s.effective &= keep;
		r = sets_put(&s);
	}
	return r < 0 ? guest_fail(g, r, 0, "lower the capabilities", NULL) : 0;
}

int caps_set(struct guest *g, const struct security_plan *p)
{
	const uint64_t admin = restriction_caps(p);
	struct sets s = {
		.effective = p->caps.effective | admin,
		.permitted = p->caps.permitted | admin,
		.inheritable = p->caps.inheritable,
	};
	long r = sets_put(&s);

	if (r < 0) {
		guestkey_fail(g, r, "process.capabilities", "set the capabilities", NULL);
		if (r == -EPERM && admin)
			guestkey_hint(g,
				      "a seccomp filter or Landlock without noNewPrivileges needs "
				      "CAP_SYS_ADMIN: give it to rundlet, or set noNewPrivileges");
		return (int)r;
	}
	return ambient_raise(g, &p->caps, p->last_cap);
}
