/* SPDX-License-Identifier: Apache-2.0 */
/* Prints how long tasks wait for a resource (psi.rst): only the v2 hierarchy counts that. */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

static void print(struct report *out, const char *kind, const struct stats_pressure *p)
{
	report_object(out, kind);
	report_hundredths(out, "avg10", p->avg10);
	report_hundredths(out, "avg60", p->avg60);
	report_hundredths(out, "avg300", p->avg300);
	report_u64(out, "total", p->total);
	report_close(out);
}

void stats_pressure(struct stats_read *s, const char *file)
{
	rl_autofree char *text = stats_read_text(s, stats_read_find(s, true, file), file);
	struct stats_pressure some = { 0 }, full = { 0 };

	if (!text || !stats_text_pressure(text, "some", &some))
		return;
	/* Kernels before 5.13 have no such line for the CPU. */
	stats_text_pressure(text, "full", &full);
	report_object(s->out, "psi");
	print(s->out, "some", &some);
	print(s->out, "full", &full);
	report_close(s->out);
}
