/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules as properties of a unit; see unit.h. Pure. */
#include "base/auto.h"
#include "cgroup/devices/device-rules.h"
#include "cgroup/systemd/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_LIMIT  48 /* "/dev/block/4095:1048575", "rwm", and two NULs */
#define ACCESS_LIMIT 4

/* Devices that are allowed: pairs of a name for systemd, and of letters out of "rwm". */
struct entries {
	struct entry {
		char name[ENTRY_LIMIT - ACCESS_LIMIT];
		char access[ACCESS_LIMIT];
	} * v;
	size_t n;
};

/* What a rule's text has: "allow c 1:3 rwm". */
struct words {
	char verb[8], type, major[12], minor[12], access[ACCESS_LIMIT];
};

static bool read_rule(const char *text, struct words *ret)
{
	return sscanf(text, "%7s %c %11[0-9*]:%11[0-9*] %3s", ret->verb, &ret->type, ret->major,
		      ret->minor, ret->access) == 5;
}

static bool allows(const struct words *w)
{
	return !strcmp(w->verb, "allow");
}

static bool is_any(const char *number)
{
	return !strcmp(number, "*");
}

static bool is_everything(const struct words *w)
{
	return w->type == 'a' && is_any(w->major) && is_any(w->minor) && strlen(w->access) == 3;
}

/*
 * systemd.resource-control(5), DeviceAllow=: by number, by major number, or all of a type. It
 * cannot name a minor number of any major one: all are allowed then.
 */
static void name_entry(const struct words *w, char type, char *buf, size_t size)
{
	const char *word = type == 'b' ? "block" : "char";

	if (is_any(w->major))
		snprintf(buf, size, "%s-*", word);
	else if (is_any(w->minor))
		snprintf(buf, size, "%s-%s", word, w->major);
	else
		snprintf(buf, size, "/dev/%s/%s:%s", word, w->major, w->minor);
}

/* Give an entry more access; the letters keep their order. */
static void add_access(struct entry *e, const char *more)
{
	char both[ACCESS_LIMIT];
	size_t n = 0;

	for (const char *letter = "rwm"; *letter; letter++)
		if (strchr(e->access, *letter) || strchr(more, *letter))
			both[n++] = *letter;
	both[n] = 0;
	memcpy(e->access, both, sizeof(both));
}

static void add(struct entries *l, const struct words *w, char type)
{
	struct entry new = { 0 };

	name_entry(w, type, new.name, sizeof(new.name));
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].name, new.name)) {
			add_access(&l->v[i], w->access);
			return;
		}
	add_access(&new, w->access);
	l->v[l->n++] = new;
}

/* Returns whether everything is allowed by a rule. */
static bool collect(const void *base, const struct cgroup_plan *p, struct entries *l)
{
	FLAT_EACH(base, p->rules, const struct cgroup_rule, rule) {
		struct words w;

		if (!read_rule(flat_get_str(base, rule->text), &w) || !allows(&w))
			continue;
		if (is_everything(&w))
			return true;
		if (w.type != 'b')
			add(l, &w, 'c');
		if (w.type != 'c')
			add(l, &w, 'b');
	}
	return false;
}

static int put_policy(struct unit_list *l, const char *policy)
{
	return unit_list_put(l, &(struct systemd_property){
					.name = "DevicePolicy",
					.kind = SYSTEMD_STRING,
					.data = policy,
					.size = strlen(policy) + 1,
				});
}

static int put_entries(struct unit_list *l, const struct entries *entries)
{
	rl_autofree char *data = malloc(entries->n * ENTRY_LIMIT + 1);
	struct systemd_property p = { .name = "DeviceAllow", .kind = SYSTEMD_PAIRS };

	if (!data)
		return -ENOMEM;
	for (size_t i = 0; i < entries->n; i++)
		p.size += (size_t)snprintf(data + p.size, ENTRY_LIMIT, "%s%c%s", entries->v[i].name,
					   0, entries->v[i].access) +
			  1;
	p.data = data;
	p.number = entries->n;
	return unit_list_put(l, &p);
}

static bool has_v1(const void *base, const struct cgroup_plan *p)
{
	FLAT_EACH(base, p->dirs, const struct cgroup_dir, d)
		if (!d->v2)
			return true;
	return false;
}

/* v1: the rules are one for everything, and exceptions from that (device_list_make()). */
static int check_exact(const void *base, const struct cgroup_plan *p, struct rl_err *e)
{
	bool first = true;

	FLAT_EACH(base, p->rules, const struct cgroup_rule, rule) {
		const char *text = flat_get_str(base, rule->text);
		const char *where =
			rule->where ? flat_get_str(base, rule->where) : "linux.resources.devices";
		struct words w;
		bool known = read_rule(text, &w);

		if (first || (known && allows(&w) && (!is_any(w.major) || is_any(w.minor)))) {
			first = false;
			continue;
		}
		rl_refuse(e, where, "with cgroup v1 systemd cannot keep the rule \"%s\"", text);
		rl_hint(e,
			"it has a list of what is allowed, by numbers or for a whole major number; "
			"use --cgroup-manager=cgroupfs or a host with cgroup v2");
		return -EINVAL;
	}
	return 0;
}

int unit_devices_make(const void *base, const struct cgroup_plan *p, struct unit_list *l,
		      struct rl_err *e)
{
	struct entries entries = { 0 };
	rl_autofree struct entry *room = NULL;
	int r = has_v1(base, p) ? check_exact(base, p, e) : 0;

	if (r < 0 || !p->rules.n)
		return r;
	/* A rule of type a makes two. */
	entries.v = room = calloc(2 * (size_t)p->rules.n, sizeof(*room));
	if (!room)
		return rl_fail(e, -ENOMEM, "plan the device rules of the unit");
	if (collect(base, p, &entries))
		return put_policy(l, "auto");
	r = put_policy(l, "strict");
	return r < 0 ? r : put_entries(l, &entries);
}
