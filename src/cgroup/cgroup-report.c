/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the cgroup part of the plan. */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd/unit.h"

static void report_dirs(struct report *r, const void *base, const struct cgroup_plan *p)
{
	report_list(r, "directories");
	FLAT_EACH(base, p->dirs, const struct cgroup_dir, d) {
		report_object(r, NULL);
		report_fmt(r, "path", "%s%s", flat_get_str(base, d->mount),
			   flat_get_str(base, d->path));
		report_u64(r, "version", d->v2 ? 2 : 1);
		if (d->by_write)
			report_bool(r, "entered_by_write", true);
		report_str(r, "enable", flat_get_str(base, d->enable));
		report_str(r, "enable_if_possible", flat_get_str(base, d->enable_too));
		report_close(r);
	}
	report_close(r);
}

static void report_flags(struct report *r, uint32_t flags)
{
	static const struct {
		enum cgroup_write_flag flag;
		const char *word;
	} words[] = {
		{ CGROUP_WRITE_IF_THERE, "if there" },
		{ CGROUP_WRITE_OR_NEXT, "or the next" },
		{ CGROUP_WRITE_NOT_BELOW_USAGE, "not below usage" },
		{ CGROUP_WRITE_READ_BACK, "read back" },
		{ CGROUP_WRITE_LAST, "at the end" },
	};

	if (!flags)
		return;
	report_list(r, "flags");
	for (size_t i = 0; i < RL_COUNT(words); i++)
		if (flags & words[i].flag)
			report_str(r, NULL, words[i].word);
	report_close(r);
}

static void report_writes(struct report *r, const void *base, const struct cgroup_plan *p)
{
	const struct cgroup_dir *dirs = flat_get(base, p->dirs.off);

	report_list(r, "writes");
	FLAT_EACH(base, p->writes, const struct cgroup_write, w) {
		const struct cgroup_dir *d = &dirs[w->dir];

		report_object(r, NULL);
		report_fmt(r, "file", "%s%s/%s", flat_get_str(base, d->mount),
			   flat_get_str(base, d->path), flat_get_str(base, w->file));
		report_str(r, "value", flat_get_str(base, w->value));
		report_flags(r, w->flags);
		report_str(r, "from", flat_get_str(base, w->where));
		report_close(r);
	}
	report_close(r);
}

static void report_filter(struct report *r, const void *base, const struct cgroup_plan *p)
{
	report_object(r, "device_filter");
	report_u64(r, "bytes", p->filter.len);
	report_list(r, "rules");
	FLAT_EACH(base, p->rules, const struct cgroup_rule, rule) {
		report_object(r, NULL);
		report_str(r, "rule", flat_get_str(base, rule->text));
		report_str(r, "from", flat_get_str(base, rule->where));
		report_close(r);
	}
	report_close(r);
	report_close(r);
}

void cgroup_report(struct report *r, const void *base, const struct cgroup_plan *p)
{
	report_object(r, "cgroup");
	report_str(r, "manager", cgroup_manager_name(p->manager));
	report_str(r, "path", flat_get_str(base, p->path));
	report_str(r, "from", flat_get_str(base, p->where));
	if (p->unit.name)
		unit_report(r, base, &p->unit);
	if (p->has_owner)
		report_fmt(r, "owner", "uid %u%s", p->owner,
			   p->owner_mapped ? " of the user namespace" : "");
	if (p->dirs.n)
		report_dirs(r, base, p);
	if (p->writes.n)
		report_writes(r, base, p);
	if (p->filter.len)
		report_filter(r, base, p);
	report_close(r);
}
