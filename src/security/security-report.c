/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the privileges of a plan, for `rundlet plan`. */
#include "security/security.h"

#include "security/filter-words.h"

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
	char text[64 * CAPS_NAME_SIZE] = "", name[CAPS_NAME_SIZE];

	for (int cap = 0; cap < 64; cap++)
		if (mask >> cap & 1)
			append(text, sizeof(text), caps_name(cap, name));
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
}
