/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the namespaces of a plan, for `rundlet plan`. */
#include "process/process.h"

#include <string.h>

static const struct namespace_join *find_join(const void *base, const struct namespaces_plan *p,
					      uint32_t flag)
{
	FLAT_EACH(base, p->joins, const struct namespace_join, j)
		if (j->flag == flag)
			return j;
	return NULL;
}

static void report_kinds(struct report *r, const void *base, const struct namespaces_plan *p)
{
	report_object(r, "namespaces");
	for (const struct namespace_kind *k = namespaces_kinds; k->word; k++) {
		const struct namespace_join *j = find_join(base, p, k->flag);

		if (j)
			report_fmt(r, k->word, "join %s", flat_get_str(base, j->path));
		else
			report_str(r, k->word, p->make & k->flag ? "new" : "the caller's");
	}
	report_close(r);
}

/* Each line of a text is an element. */
static void report_lines(struct report *r, const char *key, const char *text)
{
	if (!text)
		return;
	report_list(r, key);
	while (*text) {
		size_t len = strcspn(text, "\n");

		report_fmt(r, NULL, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
	report_close(r);
}

static void report_sysctls(struct report *r, const void *base, const struct namespaces_plan *p)
{
	if (!p->sysctls.n)
		return;
	report_object(r, "sysctl");
	FLAT_EACH(base, p->sysctls, const struct sysctl_entry, s)
		report_str(r, flat_get_str(base, s->path), flat_get_str(base, s->value));
	report_close(r);
}

static void report_netdevs(struct report *r, const void *base, const struct namespaces_plan *p)
{
	if (!p->netdevs.n)
		return;
	report_object(r, "netDevices");
	FLAT_EACH(base, p->netdevs, const struct netdev_entry, d) {
		const char *device = flat_get_str(base, d->device);
		const char *name = flat_get_str(base, d->name);

		report_fmt(r, device, "becomes %s", name ? name : device);
	}
	report_close(r);
}

void namespaces_report(struct report *r, const void *base, const struct namespaces_plan *p)
{
	report_kinds(r, base, p);
	report_bool(r, "bridge", p->bridge);
	report_lines(r, "uidMap", flat_get_str(base, p->uid_map));
	report_lines(r, "gidMap", flat_get_str(base, p->gid_map));
	report_str(r, "uidMapBy", flat_get_str(base, p->uid_tool));
	report_str(r, "gidMapBy", flat_get_str(base, p->gid_tool));
	if (p->deny_groups)
		report_str(r, "setgroups", "deny");
	if (p->keep_groups)
		report_str(r, "groups", "the caller's");
	report_lines(r, "timeOffsets", flat_get_str(base, p->time_offsets));
	report_str(r, "hostname", flat_get_str(base, p->hostname));
	report_str(r, "domainname", flat_get_str(base, p->domainname));
	report_sysctls(r, base, p);
	report_netdevs(r, base, p);
}
