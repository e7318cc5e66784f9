/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of device rules that cgroup v1 keeps: a default (allow all, deny all) and exceptions.
 * Pure.
 *
 * Writing rules one by one to devices.allow and devices.deny, as they come, would not do: the
 * kernel takes a denial back only from an exception that reads exactly the same, forgets everything
 * at each 'a' however narrow the rule is, and allows "rw" only if one single exception has both
 * letters. So the result is worked out here, and the kernel gets only exceptions of one kind.
 */
#include "cgroup/devices/device-rules.h"

#include <errno.h>

/* A rule for a major number and one for a minor number make an exception for what they have in
 * common: lists that are short enough could make millions. */
#define EXCEPTIONS_LIMIT 4096

static bool numbers_meet(int a, int b)
{
	return a == DEVICE_ANY || b == DEVICE_ANY || a == b;
}

/* Whether some device matches both; both are of type b or c. */
static bool meets(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && numbers_meet(a->major, b->major) &&
	       numbers_meet(a->minor, b->minor);
}

static bool same_devices(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

/* The devices that match both; they meet. */
static struct device_rule common(const struct device_rule *a, const struct device_rule *b)
{
	struct device_rule r = *a;

	r.major = a->major == DEVICE_ANY ? b->major : a->major;
	r.minor = a->minor == DEVICE_ANY ? b->minor : a->minor;
	return r;
}

static bool covers(const struct device_rule *a, const struct device_rule *b)
{
	struct device_rule both;

	if (!meets(a, b))
		return false;
	both = common(a, b);
	return same_devices(&both, b);
}

/* Give the devices of r its access, in an exception of just these devices. */
static int put(struct device_rules *l, const struct device_rule *r)
{
	for (size_t i = 0; i < l->n; i++) {
		struct device_rule *old = &l->rules[i];

		if (!same_devices(old, r))
			continue;
		if (r->access & ~old->access) {
			old->access |= r->access;
			old->key = r->key;
			old->index = r->index;
		}
		return 0;
	}
	return device_rules_add(l, r);
}

/*
 * Add an exception. Where all else is denied, one exception must have all the access that is asked
 * for at once: so devices that two exceptions have in common get an exception with the access of
 * both.
 */
static int add(struct device_rules *l, const struct device_rule *r)
{
	size_t n = r->allow ? l->n : 0;

	for (size_t i = 0; i < n; i++) {
		struct device_rule both;
		int ret;

		if (!meets(&l->rules[i], r))
			continue;
		both = common(r, &l->rules[i]);
		both.access |= l->rules[i].access;
		ret = put(l, &both);
		if (ret < 0)
			return ret;
	}
	return put(l, r);
}

/* Take access away from the exceptions. */
static int subtract(struct device_rules *l, const struct device_rule *r, struct rl_err *e)
{
	char text[DEVICE_TEXT_MAX], range[DEVICE_TEXT_MAX], where[80];
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct device_rule x = l->rules[i];

		if (covers(r, &x)) {
			x.access &= ~r->access;
		} else if (meets(r, &x) && (r->access & x.access)) {
			device_rules_text(r, text);
			device_rules_text(&x, range);
			rl_refuse(e, device_rules_where(r, where, sizeof(where)),
				  "cgroup v1 cannot %s \"%s\" alone: \"%s\" was %s before",
				  r->allow ? "allow" : "deny", text, range,
				  r->allow ? "denied" : "allowed");
			rl_hint(e,
				"name the devices one by one instead, or use a host with cgroup v2");
			return -EINVAL;
		}
		if (x.access)
			l->rules[kept++] = x;
	}
	l->n = kept;
	return 0;
}

static int apply(struct device_rules *l, bool allow_all, const struct device_rule *r,
		 struct rl_err *e)
{
	char where[80];
	int ret;

	if (r->allow == allow_all)
		return subtract(l, r, e);
	ret = add(l, r);
	if (ret < 0)
		return rl_fail(e, ret, "plan the device rules");
	if (l->n <= EXCEPTIONS_LIMIT)
		return 0;
	return rl_refuse(e, device_rules_where(r, where, sizeof(where)),
			 "the rules make more than %d exceptions for cgroup v1", EXCEPTIONS_LIMIT);
}

int device_list_make(const struct device_rules *l, bool *ret_allow_all, struct device_rules *ret,
		     struct rl_err *e)
{
	/* The first rule is always one for everything, and there is no other (device_rules_make()).
	 */
	bool allow_all = l->rules[0].allow;
	int r = 0;

	for (size_t i = 1; i < l->n && r == 0; i++) {
		struct device_rule rule = l->rules[i];

		if (rule.type != 'a') {
			r = apply(ret, allow_all, &rule, e);
			continue;
		}
		rule.type = 'c';
		r = apply(ret, allow_all, &rule, e);
		rule.type = 'b';
		if (r == 0)
			r = apply(ret, allow_all, &rule, e);
	}
	*ret_allow_all = allow_all;
	return r;
}
