/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the process of a plan, for `rundlet plan`. */
#include "process/process.h"

#include <inttypes.h>

static void report_strings(struct report *r, const char *key, const void *base,
			   const struct flat_list *l)
{
	report_list(r, key);
	FLAT_EACH(base, *l, const flat_str, s)
		report_str(r, NULL, flat_get_str(base, *s));
	report_close(r);
}

static void report_user(struct report *r, const void *base, const struct process_plan *p)
{
	report_object(r, "user");
	report_u64(r, "uid", p->uid);
	report_u64(r, "gid", p->gid);
	if (p->groups.n) {
		report_list(r, "additionalGids");
		FLAT_EACH(base, p->groups, const uint32_t, gid)
			report_u64(r, NULL, *gid);
		report_close(r);
	}
	report_fmt(r, "umask", "%04" PRIo32, p->umask);
	report_close(r);
}

static void report_rlimits(struct report *r, const void *base, const struct process_plan *p)
{
	if (!p->rlimits.n)
		return;
	report_object(r, "rlimits");
	FLAT_EACH(base, p->rlimits, const struct rlimit_entry, l) {
		char soft[32], hard[32];

		report_fmt(r, flat_get_str(base, l->name), "%s, at most %s",
			   rlimits_text(l->soft, soft, sizeof(soft)),
			   rlimits_text(l->hard, hard, sizeof(hard)));
	}
	report_close(r);
}

void process_report(struct report *r, const void *base, const struct process_plan *p)
{
	report_strings(r, "args", base, &p->args);
	report_str(r, "cwd", flat_get_str(base, p->cwd));
	report_str(r, "path", flat_get_str(base, p->path_value));
	report_strings(r, "env", base, &p->env);
	if (p->find_home)
		report_str(r, "home", "of the user in /etc/passwd, else /");
	report_user(r, base, p);
	report_rlimits(r, base, p);
	if (p->has_oom_score_adj)
		report_i64(r, "oomScoreAdj", p->oom_score_adj);
	scheduling_report(r, base, &p->scheduling);
	if (p->domain)
		report_str(r, "personality", flat_get_str(base, p->domain));
	mempolicy_report(r, base, &p->memory);
	if (p->preserve_fds)
		report_u64(r, "preserveFds", p->preserve_fds);
}
