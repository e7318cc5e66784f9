/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the processors and memory nodes that a container may use. */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

/* A list; left out where it is empty. */
static void print_list(struct stats_read *s, const struct stats_dir *d, const char *file,
		       const char *member)
{
	rl_autofree char *text = stats_read_text(s, d, file);
	const char *list = text;
	uint32_t first, last;

	if (!list || !stats_text_range(&list, &first, &last))
		return;
	report_list(s->out, member);
	do {
		for (uint32_t i = first; i <= last; i++)
			report_u64(s->out, NULL, i);
	} while (stats_text_range(&list, &first, &last));
	report_close(s->out);
}

static void print_number(struct stats_read *s, const struct stats_dir *d, const char *file,
			 const char *member)
{
	rl_autofree char *text = stats_read_text(s, d, file);
	int64_t n = 0;

	if (text)
		stats_text_signed(text, &n);
	report_i64(s->out, member, n);
}

/* The members in the order of runc. On v2 there are only the lists. */
static const struct {
	const char *member;
	const char *v1;
	const char *v2; /* NULL: none */
	bool list;
} rows[] = {
	{ "cpus", "cpuset.cpus", "cpuset.cpus.effective", true },
	{ "cpu_exclusive", "cpuset.cpu_exclusive", NULL, false },
	{ "mems", "cpuset.mems", "cpuset.mems.effective", true },
	{ "mem_hardwall", "cpuset.mem_hardwall", NULL, false },
	{ "mem_exclusive", "cpuset.mem_exclusive", NULL, false },
	{ "memory_migrate", "cpuset.memory_migrate", NULL, false },
	{ "memory_spread_page", "cpuset.memory_spread_page", NULL, false },
	{ "memory_spread_slab", "cpuset.memory_spread_slab", NULL, false },
	{ "memory_pressure", "cpuset.memory_pressure", NULL, false },
	{ "sched_load_balance", "cpuset.sched_load_balance", NULL, false },
	{ "sched_relax_domain_level", "cpuset.sched_relax_domain_level", NULL, false },
};

void stats_cpuset(struct stats_read *s)
{
	const struct stats_dir *v1 = stats_read_find(s, false, "cpuset.cpus");
	const struct stats_dir *v2 = stats_read_find(s, true, "cpuset.cpus.effective");

	report_object(s->out, "cpuset");
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		const struct stats_dir *d = v1 ? v1 : rows[i].v2 ? v2 : NULL;
		const char *file = v1 ? rows[i].v1 : rows[i].v2;

		if (rows[i].list)
			print_list(s, d, file, rows[i].member);
		else
			print_number(s, d, file, rows[i].member);
	}
	report_close(s->out);
}
