/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the list of device rules of a container, and plans its form for this host. Pure. */
#include "base/auto.h"
#include "base/fault.h"
#include "base/log.h"
#include "cgroup/build.h"
#include "cgroup/devices/device-rules.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_RULES   "linux.resources.devices"
#define KEY_DEVICES "linux.devices"

#define RULES_LIMIT 1024  /* in each of the two lists of the configuration */
#define MAJOR_LIMIT 0xfff /* of the kernel's dev_t */
#define MINOR_LIMIT 0xfffff

/*
 * What every container may use (config-linux.md#default-devices) and its terminals. Other runtimes
 * let each device's node be made, too, also behind a rule that denies all: the entries would then
 * not be what is applied (config-linux.md#allowed-device-list), and nodes made on a volume are
 * there for who else has it. The nodes that a chroot needs are among these.
 */
static const struct device_rule defaults[] = {
#define DEFAULT(major_, minor_)                                                                    \
	{                                                                                          \
		.allow = true, .type = 'c', .major = major_, .minor = minor_, .access = DEVICE_ALL \
	}
	DEFAULT(1, 3),            /* null */
	DEFAULT(1, 5),            /* zero */
	DEFAULT(1, 7),            /* full */
	DEFAULT(1, 8),            /* random */
	DEFAULT(1, 9),            /* urandom */
	DEFAULT(5, 0),            /* tty */
	DEFAULT(5, 1),            /* console */
	DEFAULT(5, 2),            /* ptmx */
	DEFAULT(136, DEVICE_ANY), /* pts */
#undef DEFAULT
};

static const struct device_rule deny_all = {
	.type = 'a',
	.major = DEVICE_ANY,
	.minor = DEVICE_ANY,
	.access = DEVICE_ALL,
};

void device_rules_done(struct device_rules *l)
{
	free(l->rules);
	*l = (struct device_rules){ 0 };
}

int device_rules_add(struct device_rules *l, const struct device_rule *r)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct device_rule *rules = realloc(l->rules, cap * sizeof(*rules));

		if (!rules)
			return -ENOMEM;
		l->rules = rules;
		l->cap = cap;
	}
	l->rules[l->n++] = *r;
	return 0;
}

static bool is_everything(const struct device_rule *r)
{
	return r->type == 'a' && r->major == DEVICE_ANY && r->minor == DEVICE_ANY &&
	       r->access == DEVICE_ALL;
}

/*
 * linux.devices: the container must be able to have the node (M95), which the container's process
 * makes after it entered the cgroup; opening it is another matter, left to the rules.
 */
static int add_nodes(struct device_rules *l, const struct oci_config *c)
{
	size_t n = c->linux_ ? c->linux_->n_devices : 0;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const struct oci_device *d = c->linux_->devices[i];
		struct device_rule rule = {
			.allow = true,
			.type = !strcmp(d->type, "b") ? 'b' : 'c',
			.major = (int)d->major,
			.minor = (int)d->minor,
			.access = DEVICE_MKNOD,
			.key = KEY_DEVICES,
			.index = i,
		};

		/* A fifo needs no permission; numbers out of range are refused where nodes are
		 * planned. */
		if (!strcmp(d->type, "p") || !d->has_major || !d->has_minor || d->major < 0 ||
		    d->major > MAJOR_LIMIT || d->minor < 0 || d->minor > MINOR_LIMIT)
			continue;
		r = device_rules_add(l, &rule);
	}
	return r;
}

/* All is denied but what each container needs. */
static int reset(struct device_rules *l, const struct oci_config *c)
{
	struct device_rule everything = deny_all;
	int r;

	l->n = 0;
	everything.allow = fault_is_weak("devices");
	r = device_rules_add(l, &everything);
	for (size_t i = 0; i < RL_COUNT(defaults) && r == 0; i++)
		r = device_rules_add(l, &defaults[i]);
	return r < 0 ? r : add_nodes(l, c);
}

static int read_number(bool has, int64_t value, int limit, const char *where, int *ret,
		       struct rl_err *e)
{
	if (!has || value == -1) {
		*ret = DEVICE_ANY;
		return 0;
	}
	if (value < 0 || value > limit)
		return rl_refuse(e, where,
				 "%" PRId64 " is no device number: 0 to %d, or -1 for all", value,
				 limit);
	*ret = (int)value;
	return 0;
}

static int read_access(const char *text, const char *where, unsigned int *ret, struct rl_err *e)
{
	unsigned int access = 0;

	for (const char *p = text ? text : "rwm"; *p; p++) {
		if (*p != 'r' && *p != 'w' && *p != 'm')
			return rl_refuse(e, where,
					 "\"%.40s\" is made of other letters than r, w and m",
					 text);
		access |= *p == 'r' ? DEVICE_READ : *p == 'w' ? DEVICE_WRITE : DEVICE_MKNOD;
	}
	if (!access)
		return rl_refuse(e, where, "the rule names no access: r, w or m");
	*ret = access;
	return 0;
}

static int read_rule(const struct oci_device_rule *d, size_t i, struct device_rule *ret,
		     struct rl_err *e)
{
	struct device_rule rule = { .allow = d->allow, .type = 'a', .key = KEY_RULES, .index = i };
	char where[80];
	int r;

	snprintf(where, sizeof(where), KEY_RULES "[%zu].type", i);
	if (d->type && (strlen(d->type) != 1 || !strchr("abc", d->type[0])))
		return rl_refuse(e, where, "\"%.40s\" is none of a, b and c", d->type);
	if (d->type)
		rule.type = d->type[0];
	snprintf(where, sizeof(where), KEY_RULES "[%zu].major", i);
	r = read_number(d->has_major, d->major, MAJOR_LIMIT, where, &rule.major, e);
	if (r < 0)
		return r;
	snprintf(where, sizeof(where), KEY_RULES "[%zu].minor", i);
	r = read_number(d->has_minor, d->minor, MINOR_LIMIT, where, &rule.minor, e);
	if (r < 0)
		return r;
	snprintf(where, sizeof(where), KEY_RULES "[%zu].access", i);
	r = read_access(d->access, where, &rule.access, e);
	if (r == 0)
		*ret = rule;
	return r;
}

int device_rules_make(const struct oci_config *c, const struct oci_resources *resources,
		      struct device_rules *ret, struct rl_err *e)
{
	size_t n = resources ? resources->n_devices : 0;
	size_t nodes = c->linux_ ? c->linux_->n_devices : 0;
	int r;

	*ret = (struct device_rules){ .asked = n > 0 };
	if (n > RULES_LIMIT || nodes > RULES_LIMIT)
		return rl_refuse(e, n > RULES_LIMIT ? KEY_RULES : KEY_DEVICES,
				 "the list has more than %d entries", RULES_LIMIT);
	r = reset(ret, c);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct device_rule rule;

		r = read_rule(resources->devices[i], i, &rule, e);
		if (r < 0)
			return r;
		/* Nothing that stands before a rule for everything counts any more. */
		if (is_everything(&rule) && rule.allow)
			ret->n = 0;
		r = is_everything(&rule) && !rule.allow ? reset(ret, c) :
							  device_rules_add(ret, &rule);
	}
	return r < 0 ? rl_fail(e, r, "plan the device rules") : 0;
}

bool device_rules_verdict(const struct device_rules *l, char type, int major, int minor,
			  unsigned int access)
{
	for (size_t i = l->n; i-- > 0 && access;) {
		const struct device_rule *r = &l->rules[i];

		if ((r->type != 'a' && r->type != type) ||
		    (r->major != DEVICE_ANY && r->major != major) ||
		    (r->minor != DEVICE_ANY && r->minor != minor))
			continue;
		if (!r->allow && (r->access & access))
			return false;
		access &= ~r->access;
	}
	return !access;
}

static void number_text(int number, char *buf, size_t size)
{
	if (number == DEVICE_ANY)
		snprintf(buf, size, "*");
	else
		snprintf(buf, size, "%d", number);
}

void device_rules_text(const struct device_rule *r, char *buf)
{
	char major[12], minor[12];

	number_text(r->major, major, sizeof(major));
	number_text(r->minor, minor, sizeof(minor));
	snprintf(buf, DEVICE_TEXT_MAX, "%c %s:%s %s%s%s", r->type, major, minor,
		 r->access & DEVICE_READ ? "r" : "", r->access & DEVICE_WRITE ? "w" : "",
		 r->access & DEVICE_MKNOD ? "m" : "");
}

const char *device_rules_where(const struct device_rule *r, char *buf, size_t size)
{
	if (!r->key)
		return NULL;
	snprintf(buf, size, "%s[%zu]", r->key, r->index);
	return buf;
}

/* The rules as struct cgroup_rule. */
static struct flat_list add_list(const struct device_rules *l, struct flat *f)
{
	struct flat_list list = flat_add_list(f, NULL, l->n, sizeof(struct cgroup_rule));
	char text[DEVICE_TEXT_MAX], where[80];

	for (size_t i = 0; i < list.n; i++) {
		const struct device_rule *rule = &l->rules[i];
		struct cgroup_rule out;

		device_rules_text(rule, text);
		out.text = flat_add_fmt(f, "%s %s", rule->allow ? "allow" : "deny", text);
		out.where = flat_add_str(f, device_rules_where(rule, where, sizeof(where)));
		if (!flat_failed(f))
			((struct cgroup_rule *)flat_ptr(f, list.off))[i] = out;
	}
	return list;
}

/* The form of v1: a rule for everything, and the exceptions from it. */
static int add_list_v1(const struct device_rules *exceptions, bool allow_all, struct flat *f,
		       struct flat_list *ret)
{
	rl_auto(device_rules_done) struct device_rules l = { 0 };
	struct device_rule everything = deny_all;
	int r;

	everything.allow = allow_all;
	r = device_rules_add(&l, &everything);
	for (size_t i = 0; i < exceptions->n && r == 0; i++)
		r = device_rules_add(&l, &exceptions->rules[i]);
	if (r == 0)
		*ret = add_list(&l, f);
	return r;
}

int device_rules_list(const struct oci_config *c, const struct oci_resources *resources, bool v2,
		      struct flat *f, struct flat_list *ret, struct rl_err *e)
{
	rl_auto(device_rules_done) struct device_rules l = { 0 }, exceptions = { 0 };
	int r = device_rules_make(c, resources, &l, e);
	bool allow_all;

	if (r == 0 && v2)
		*ret = add_list(&l, f);
	else if (r == 0)
		r = device_list_make(&l, &allow_all, &exceptions, e);
	if (r == 0 && !v2)
		r = add_list_v1(&exceptions, allow_all, f, ret);
	return r < 0 ? rl_fail(e, r, "plan the device rules") : 0;
}

/* v1: two files, a line for each exception. */
static int plan_v1(const struct device_rules *l, const struct cgroupfs_hierarchy *h,
		   struct cgroup_build *b, struct cgroup_plan *p)
{
	rl_auto(device_rules_done) struct device_rules list = { 0 };
	char text[DEVICE_TEXT_MAX], where[80];
	bool allow_all;
	int r;

	r = device_list_make(l, &allow_all, &list, b->e);
	if (r == 0 && add_list_v1(&list, allow_all, b->f, &p->rules) < 0)
		r = rl_fail(b->e, -ENOMEM, "plan the device rules");
	if (r == 0)
		r = cgroup_build_write(b, h, allow_all ? "devices.allow" : "devices.deny", "a",
				       l->asked ? KEY_RULES : NULL, 0);
	for (size_t i = 0; i < list.n && r == 0; i++) {
		device_rules_text(&list.rules[i], text);
		r = cgroup_build_write(b, h, allow_all ? "devices.deny" : "devices.allow", text,
				       device_rules_where(&list.rules[i], where, sizeof(where)), 0);
	}
	return r;
}

/* v2: a program, and the rules it was made of for those who read the plan. */
static int plan_v2(const struct device_rules *l, const struct cgroupfs_hierarchy *h,
		   struct cgroup_build *b, struct cgroup_plan *p)
{
	rl_autofree struct bpf_insn *insns = NULL;
	size_t n;
	int r;

	r = device_filter_make(l, &insns, &n);
	if (r < 0)
		return rl_fail(b->e, r, "compile the device rules");
	p->filter_dir = (uint32_t)(h - b->fs->h);
	p->filter = (struct flat_blob){ flat_add(b->f, insns, n * sizeof(*insns)),
					(uint32_t)(n * sizeof(*insns)) };
	p->rules = add_list(l, b->f);
	return 0;
}

/* Engines send their rules all the same. */
static void warn_unkept(const struct device_rules *l, const char *why)
{
	bool allows_all = l->n == 1 && l->rules[0].allow && is_everything(&l->rules[0]);

	if (l->asked && !allows_all)
		log_warn("config.json: " KEY_RULES
			 ": %s nothing can keep the container to its device rules, ignoring",
			 why);
}

int device_rules_plan(const struct oci_config *c, struct cgroup_build *b, struct cgroup_plan *ret)
{
	rl_auto(device_rules_done) struct device_rules l = { 0 };
	const struct cgroupfs_hierarchy *h;
	int r;

	r = device_rules_make(c, c->linux_ ? c->linux_->resources : NULL, &l, b->e);
	if (r < 0)
		return r;
	if (!b->fs) {
		warn_unkept(&l, "without a cgroup");
		return 0;
	}
	h = cgroupfs_find(b->fs, "devices");
	if (h)
		return plan_v1(&l, h, b, ret);
	h = cgroupfs_find_v2(b->fs);
	/* No great loss: there no device node can be made, and those of the host are as closed to
	 * it as to its user. */
	if (h && b->no_filter) {
		warn_unkept(&l, "with cgroup v2 and without root's rights");
		return 0;
	}
	if (h)
		return plan_v2(&l, h, b, ret);
	if (!l.asked)
		return 0;
	return rl_refuse(b->e, KEY_RULES,
			 "the devices controller of cgroups is not available on this host");
}
