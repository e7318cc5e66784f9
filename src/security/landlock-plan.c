/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the annotation org.rundlet.landlock: "ro=/usr:/etc rw=/tmp x=/usr/bin bind=80 connect=443".
 * Lists behind words, with ':' between their entries; a backslash takes the next character as it
 * is. A word restricts what it is about to its list; what no word is about stays as it is. Pure.
 */
#include "security/landlock.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "security/security.h"
#include "spec/annotations.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX 256 /* entries of all lists */
#define PORT_MAX  65535

enum kind { PATHS, PORTS };

static const struct word {
	const char *name;
	enum kind kind;
	uint32_t handled, rights;
} words[] = {
#define LANDLOCK(name, kind, handled, rights) { name, kind, handled, rights },
#include "security/landlock.def"
#undef LANDLOCK
};

struct reading {
	const char *at;
	struct flat *f;
	struct landlock_rule rules[RULES_MAX];
	size_t n;
	struct landlock_plan plan;
	struct rl_err *e;
};

const char *landlock_word(uint32_t word)
{
	return words[word].name;
}

bool landlock_is_wanted(const struct oci_config *c)
{
	const char *value = annotations_get(c, annotation_landlock);

	return value && value[0];
}

/* An entry, up to the ':' or the space behind it. */
static int read_entry(struct reading *d, char *ret, size_t size)
{
	size_t n = 0;

	for (; *d->at && *d->at != ':' && *d->at != ' '; d->at++) {
		if (*d->at == '\\' && d->at[1])
			d->at++;
		if (n + 1 == size)
			return rl_refuse(d->e, annotation_landlock_where,
					 "an entry has more than %zu bytes", size - 1);
		ret[n++] = *d->at;
	}
	ret[n] = 0;
	return 0;
}

static int take_path(struct reading *d, const char *text, struct landlock_rule *rule)
{
	if (text[0] != '/')
		return rl_refuse(d->e, annotation_landlock_where,
				 "\"%.64s\" is not an absolute path", text);
	rule->path = flat_add_str(d->f, text);
	return 0;
}

static int take_port(struct reading *d, const char *text, struct landlock_rule *rule)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || port > PORT_MAX)
		return rl_refuse(d->e, annotation_landlock_where,
				 "\"%.64s\" is not a port, a number up to %d", text, PORT_MAX);
	rule->port = (uint32_t)port;
	return 0;
}

static int take_entry(struct reading *d, const char *text, const struct word *w)
{
	struct landlock_rule *rule = &d->rules[d->n];

	if (d->n == RULES_MAX)
		return rl_refuse(d->e, annotation_landlock_where, "has more than %d entries",
				 RULES_MAX);
	d->n++;
	rule->word = (uint32_t)(w - words);
	rule->rights = w->rights;
	return w->kind == PATHS ? take_path(d, text, rule) : take_port(d, text, rule);
}

/* An empty list allows nothing. */
static int read_list(struct reading *d, const struct word *w)
{
	int r = 0;

	if (*d->at == ' ' || !*d->at)
		return 0;
	for (d->at--; r == 0 && *d->at && *d->at != ' ';) {
		char text[PATH_MAX];

		d->at++; /* '=' or ':' */
		r = read_entry(d, text, sizeof(text));
		if (r == 0)
			r = take_entry(d, text, w);
	}
	return r;
}

static int read_word(struct reading *d)
{
	size_t len = strcspn(d->at, "= ");

	for (const struct word *w = words; w < words + RL_COUNT(words); w++) {
		if (strlen(w->name) != len || strncmp(w->name, d->at, len) != 0 ||
		    d->at[len] != '=')
			continue;
		d->at += len + 1;
		*(w->kind == PATHS ? &d->plan.paths : &d->plan.ports) |= w->handled;
		return read_list(d, w);
	}
	rl_refuse(d->e, annotation_landlock_where, "\"%.*s\" is none of its words",
		  (int)(len > 32 ? 32 : len), d->at);
	rl_hint(d->e, "\"ro=/usr:/etc rw=/tmp x=/usr/bin bind=80 connect=443\"");
	return -EINVAL;
}

/*
 * A sandbox without the right to move files between directories denies that everywhere, asked for
 * or not: where only programs are restricted, it is given.
 */
static int allow_moves(struct reading *d)
{
	if (!d->plan.paths || d->plan.paths & LANDLOCK_WRITE)
		return 0;
	if (d->n == RULES_MAX)
		return rl_refuse(d->e, annotation_landlock_where, "has more than %d entries",
				 RULES_MAX - 1);
	d->plan.paths |= LANDLOCK_REFER;
	d->rules[d->n++] = (struct landlock_rule){
		.path = flat_add_str(d->f, "/"),
		.word = LANDLOCK_NO_WORD,
		.rights = LANDLOCK_REFER,
	};
	return 0;
}

static int check_kernel(const struct reading *d, int abi)
{
	int needed = d->plan.ports ? LANDLOCK_ABI_PORTS : LANDLOCK_ABI_PATHS;

	if (abi >= needed)
		return 0;
	rl_refuse(d->e, annotation_landlock_where,
		  abi ? "needs version %d of Landlock, this kernel has %d" :
			"needs version %d of Landlock, this kernel has none",
		  needed, abi);
	rl_hint(d->e, "paths need Linux 6.2, ports 6.7, and landlock among its security modules");
	return -EINVAL;
}

int landlock_plan(const struct oci_config *c, const struct security_facts *facts, struct flat *f,
		  struct landlock_plan *ret, struct rl_err *e)
{
	struct reading d = { .at = annotations_get(c, annotation_landlock), .f = f, .e = e };
	int r = 0;

	if (landlock_is_wanted(c) && !d.at[strspn(d.at, " ")])
		return rl_refuse(e, annotation_landlock_where,
				 "has no words, and would restrict nothing");
	while (r == 0 && d.at && *d.at) {
		d.at += strspn(d.at, " ");
		if (*d.at)
			r = read_word(&d);
	}
	if (r == 0)
		r = allow_moves(&d);
	if (r == 0 && (d.plan.paths || d.plan.ports))
		r = check_kernel(&d, facts->landlock_abi);
	if (r < 0)
		return r;
	for (size_t i = 0; i < d.n; i++)
		d.rules[i].rights &= d.rules[i].path ? d.plan.paths : d.plan.ports;
	d.plan.rules = flat_add_list(f, d.rules, d.n, sizeof(d.rules[0]));
	*ret = d.plan;
	return 0;
}
