/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations that set properties of the unit; see unit.h and rundlet(1). Pure. */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"
#include "libocispec/ocispec.h"
#include "spec/annotations.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define NAME_LIMIT 64

static const struct {
	const char *pattern, *why;
} forbidden[] = {
#define UNIT_FORBIDDEN(pattern, why) { pattern, why },
#include "cgroup/systemd/unit-forbidden.def"
#undef UNIT_FORBIDDEN
};

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len > n && !strcmp(name + len - n, end);
}

static int check_name(const char *name, const struct unit_list *l, const char *where,
		      struct rl_err *e)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const struct systemd_property *set = unit_list_find(l, name);

	if (!name[0] || name[strspn(name, allowed)] || strlen(name) > NAME_LIMIT)
		return rl_refuse(e, where,
				 "the name of a property is made of 1 to %d letters and digits",
				 NAME_LIMIT);
	for (size_t i = 0; i < RL_COUNT(forbidden); i++)
		if (fnmatch(forbidden[i].pattern, name, 0) == 0)
			return rl_refuse(e, where, "the property %s %s", name, forbidden[i].why);
	if (set && set->where)
		return rl_refuse(e, where, "the property %s is set by %s already", name,
				 set->where);
	return 0;
}

/* systemd has its times in microseconds: NameSec stands for NameUSec. */
static int add(const char *key, const char *value, struct unit_list *l, struct rl_err *e)
{
	char where[RL_ERR_WHERE], name[NAME_LIMIT + 8];
	struct systemd_property p = { 0 };
	bool seconds;
	int r;

	snprintf(where, sizeof(where), "annotations[\"%s\"]", key);
	/* One that is too long is cut, but stays too long; the "U" finds room behind it. */
	snprintf(name, sizeof(name) - 1, "%s", key + strlen(annotation_systemd_property));
	seconds = ends_with(name, "Sec") && !ends_with(name, "USec");
	if (seconds)
		snprintf(name + strlen(name) - strlen("Sec"), sizeof("USec"), "USec");
	r = check_name(name, l, where, e);
	if (r == 0)
		r = seconds ? gvariant_parse_seconds(value, where, &p, e) :
			      gvariant_parse(value, where, &p, e);
	if (r < 0)
		return r;
	p.name = name;
	p.where = where;
	r = unit_list_put(l, &p);
	free((char *)(uintptr_t)p.data);
	return r < 0 ? rl_fail(e, r, "plan the properties of the unit") : 0;
}

int unit_annotations_make(const struct oci_config *c, struct unit_list *l, struct rl_err *e)
{
	const struct oci_map *m = c->annotations;
	int r = 0;

	for (size_t i = 0; m && i < m->n && r == 0; i++)
		if (!strncmp(m->keys[i], annotation_systemd_property,
			     strlen(annotation_systemd_property)))
			r = add(m->keys[i], m->values[i], l, e);
	return r;
}
