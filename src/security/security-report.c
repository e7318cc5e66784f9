/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the privileges of a plan, for `rundlet plan`. */
#include "security/security.h"

#include "base/auto.h"
#include "security/filter-words.h"
#include "security/landlock.h"

#include <linux/filter.h>
#include <string.h>

static void append(char *text, size_t size, const char *word)
{
	size_t at = strlen(text);

	snprintf(text + at, size - at, "%s%s", at ? " " : "", word);
}

/* The names of one set on one line. */
static void report_set(struct report *r, const char *key, uint64_t mask)
{
	char text[2048] = "";

	for (int cap = 0; caps_name(cap); cap++)
		if (mask >> cap & 1)
			append(text, sizeof(text), caps_name(cap));
	report_str(r, key, text);
}

static void report_filter(struct report *r, const struct filter_plan *p)
{
	if (!p->program.len)
		return;
	report_object(r, "seccomp");
	report_u64(r, "instructions", p->program.len / sizeof(struct sock_filter));
	report_list(r, "flags");
	for (const struct filter_flag *flag = filter_flags; flag->word; flag++)
		if (p->flags & flag->bit)
			report_str(r, NULL, flag->word);
	report_close(r);
	report_close(r);
}

static void report_labels(struct report *r, const void *base, const struct label_plan *p)
{
	if (p->apparmor)
		report_str(r, "apparmor", flat_get_str(base, p->apparmor));
	if (p->selinux)
		report_str(r, "selinux", flat_get_str(base, p->selinux));
}

/* What the sandbox restricts. */
static void report_handled(struct report *r, const struct landlock_plan *p)
{
	const struct {
		uint32_t is;
		const char *word;
	} words[] = {
		{ p->paths & LANDLOCK_READ, "reading" },
		{ p->paths & LANDLOCK_WRITE & ~LANDLOCK_REFER, "writing" },
		{ p->paths & LANDLOCK_EXECUTE, "executing" },
		{ p->ports & LANDLOCK_BIND, "binding" },
		{ p->ports & LANDLOCK_CONNECT, "connecting" },
	};
	char text[64] = "";

	for (size_t i = 0; i < RL_COUNT(words); i++)
		if (words[i].is)
			append(text, sizeof(text), words[i].word);
	report_str(r, "restricts", text);
}

static void report_landlock(struct report *r, const void *base, const struct landlock_plan *p)
{
	if (!p->paths && !p->ports)
		return;
	report_object(r, "landlock");
	report_handled(r, p);
	report_list(r, "allowed");
	FLAT_EACH(base, p->rules, const struct landlock_rule, rule) {
		const char *word =
			rule->word == LANDLOCK_NO_WORD ? "moves below" : landlock_word(rule->word);

		if (rule->path)
			report_fmt(r, NULL, "%s %s", word, flat_get_str(base, rule->path));
		else
			report_fmt(r, NULL, "%s %u", word, rule->port);
	}
	report_close(r);
	report_close(r);
}

void security_report(struct report *r, const void *base, const struct security_plan *p)
{
	report_object(r, "capabilities");
	report_set(r, "bounding", p->caps.bounding);
	report_set(r, "permitted", p->caps.permitted);
	report_set(r, "effective", p->caps.effective);
	report_set(r, "inheritable", p->caps.inheritable);
	report_set(r, "ambient", p->caps.ambient);
	report_close(r);
	report_bool(r, "noNewPrivileges", p->no_new_privs);
	report_filter(r, &p->filter);
	report_labels(r, base, &p->label);
	report_landlock(r, base, &p->landlock);
}
