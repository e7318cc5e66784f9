/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for what weakens a container: the rows of weakness.def, and what finds them. Pure. */
#include "spec/weakness.h"

#include "base/auto.h"
#include "spec/lookup.h"
#include "spec/weakness-find.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Room for one of this level: a new place, or that of the last of the lowest level; NULL: none. */
static struct weakness *room_for(struct weakness_list *l, enum weakness_level level)
{
	struct weakness *lowest = &l->list[0];

	if (l->n < WEAKNESS_MAX)
		return &l->list[l->n++];
	for (struct weakness *w = l->list; w < l->list + l->n; w++)
		if (w->level < lowest->level ||
		    (w->level == lowest->level && w->order > lowest->order))
			lowest = w;
	return lowest->level < level ? lowest : NULL;
}

void weakness_add(struct weakness_search *s, enum weakness_level level, const char *rule,
		  const char *where, const char *fmt, ...)
{
	struct weakness *w = level == WEAKNESS_NONE ? NULL : room_for(s->ret, level);
	va_list ap;

	if (!w)
		return;
	w->order = s->found++;
	w->level = level;
	w->rule = rule;
	snprintf(w->where, sizeof(w->where), "%s", where);
	va_start(ap, fmt);
	vsnprintf(w->what, sizeof(w->what), fmt, ap);
	va_end(ap);
}

/* ---- capabilities ---------------------------------------------------------------------------- */

/* Tell of it once, at the first set that has it. */
static void find_capability(struct weakness_search *s, const char *name, enum weakness_level level,
			    enum weakness_level in_userns, const char *what)
{
	const struct oci_capabilities *c = s->c->process ? s->c->process->capabilities : NULL;
	const struct {
		const char *set;
		char *const *names;
		size_t n;
	} sets[] = {
		{ "bounding", c ? c->bounding : NULL, c ? c->n_bounding : 0 },
		{ "permitted", c ? c->permitted : NULL, c ? c->n_permitted : 0 },
		{ "effective", c ? c->effective : NULL, c ? c->n_effective : 0 },
		{ "inheritable", c ? c->inheritable : NULL, c ? c->n_inheritable : 0 },
		{ "ambient", c ? c->ambient : NULL, c ? c->n_ambient : 0 },
	};
	char where[RL_ERR_WHERE];

	for (size_t set = 0; set < RL_COUNT(sets); set++) {
		for (size_t i = 0; i < sets[set].n; i++) {
			if (strcasecmp(sets[set].names[i], name) != 0)
				continue;
			snprintf(where, sizeof(where), "process.capabilities.%s[%zu]",
				 sets[set].set, i);
			weakness_add(s, s->userns ? in_userns : level, "capability", where, "%s %s",
				     name, what);
			return;
		}
	}
}

/* ---- devices --------------------------------------------------------------------------------- */

/* A number of the configuration; -1 or none: every number. */
static bool is_number(bool has, int64_t number, int row)
{
	return row < 0 || weakness_rules_any(has, number) || number == row;
}

/* Whether the type of the configuration includes this one: "a" is both, "u" an old name of "c". */
static bool is_type(const char *configured, char type)
{
	char first = configured && configured[0] ? configured[0] : 'a';

	return first == type || first == 'a' || (first == 'u' && type == 'c');
}

static void find_device(struct weakness_search *s, char type, int major, int minor,
			enum weakness_level level, const char *what)
{
	const struct oci_linux *l = s->c->linux_;
	const struct oci_resources *r = l ? l->resources : NULL;
	char where[RL_ERR_WHERE];

	for (size_t i = 0; l && i < l->n_devices; i++) {
		const struct oci_device *d = l->devices[i];

		if (!is_type(d->type, type) || !is_number(d->has_major, d->major, major) ||
		    !is_number(d->has_minor, d->minor, minor))
			continue;
		snprintf(where, sizeof(where), "linux.devices[%zu]", i);
		weakness_add(s, level, "device", where, "%s is %s", d->path, what);
	}
	for (size_t i = 0; r && i < r->n_devices; i++) {
		const struct oci_device_rule *d = r->devices[i];

		/* One for every major number is told once, by the rule all-devices. */
		if (!weakness_rules_opens(d) || weakness_rules_any(d->has_major, d->major) ||
		    !is_type(d->type, type) || !is_number(d->has_major, d->major, major) ||
		    !is_number(d->has_minor, d->minor, minor))
			continue;
		snprintf(where, sizeof(where), "linux.resources.devices[%zu]", i);
		weakness_add(s, level, "device", where, "allows %s", what);
	}
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Nobody in it is root of the host. */
static bool has_safe_userns(const struct oci_config *c)
{
	return lookup_namespace(c->linux_, "user") && weakness_rules_root_map(c) < 0;
}

static int compare(const void *a, const void *b)
{
	const struct weakness *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? 1 : -1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void weakness_find(const struct oci_config *c, struct weakness_list *ret)
{
	struct weakness_search search = { .c = c, .ret = ret, .userns = has_safe_userns(c) };
	struct weakness_search *s = &search;

	ret->n = 0;
#define CAPABILITY(name, level, userns, what) \
	find_capability(s, name, LEVEL(level), LEVEL(userns), what);
#define NAMESPACE(type, level, what) weakness_paths_namespace(s, type, LEVEL(level), what);
#define MASKED(path, level, what)    weakness_paths_unmasked(s, path, LEVEL(level), what);
#define READONLY(path, level, userns, what) \
	weakness_paths_writable(s, path, LEVEL(level), LEVEL(userns), what);
#define SOURCE(path, level, ro, what)
#define OWN(path)
#define DEVICE(type, major, minor, level, what) \
	find_device(s, type, major, minor, LEVEL(level), what);
#define RULE(name, function) function(s, name);
#include "spec/weakness.def"
	qsort(ret->list, ret->n, sizeof(ret->list[0]), compare);
}

const char *weakness_level_name(enum weakness_level level)
{
	static const char *const names[] = { "none", "low", "medium", "high", "critical" };

	return names[level];
}
