/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the number of tasks in a container. */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

/* Where nobody counts: the processes of the cgroup itself, as runc has it. */
static uint64_t count_processes(struct stats_read *s, const struct stats_dir *v2)
{
	rl_autofree char *text = stats_read_text(s, v2, "cgroup.procs");
	char *rest = text;
	uint64_t n = 0;

	while (stats_text_line(&rest))
		n++;
	return n;
}

void stats_pids(struct stats_read *s)
{
	const struct stats_dir *v2 = stats_read_find(s, true, "cgroup.procs");
	const struct stats_dir *d = stats_read_find(s, false, "pids.current");
	uint64_t limit;

	if (!d)
		d = stats_read_find(s, true, "pids.current");
	report_object(s->out, "pids");
	stats_read_print(s, "current",
			 d ? stats_read_number(s, d, "pids.current") : count_processes(s, v2));
	limit = stats_read_number(s, d, "pids.max");
	stats_read_print(s, "limit", limit == STATS_TEXT_MAX ? 0 : limit);
	report_close(s->out);
}
