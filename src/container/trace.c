/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the timed steps of a run: what --trace shows. */
#include "container/trace.h"

#include "container/plan.h"

#include <unistd.h>

#define BAR_WIDTH 12

static const struct {
	const char *name;
	const char *sentence;
} about[STEPS] = {
#define STEP(name, stage, when, run, undo, clause, sentence) { #name, sentence },
#include "container/steps.def"
#undef STEP
};

static const char *const stages[] = { "host", "bridge", "guest" };

static void bar(FILE *out, int64_t ns, int64_t longest)
{
	int64_t eighths = longest ? ns * BAR_WIDTH * 8 / longest : 0;
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int width = (int)(eighths / 8) + (eighths % 8 != 0);

	for (int64_t i = 0; i < eighths / 8; i++)
		fputs("█", out);
	fputs(part[eighths % 8], out);
	fprintf(out, "%*s", BAR_WIDTH - width, "");
}

void trace_write(const struct trace_time *times, FILE *out)
{
	int64_t longest = 0, first = 0, last = 0;
	bool colour;

	if (!out)
		return;
	colour = isatty(fileno(out));
	for (int i = 0; i < STEPS; i++) {
		int64_t ns = times[i].t1 - times[i].t0;

		if (!times[i].t1)
			continue;
		longest = ns > longest && i != STEP_wait_start ? ns : longest;
		first = first ? first : times[i].t0;
		last = times[i].t1 > last ? times[i].t1 : last;
	}
	fprintf(out, "%10s  %-6s %-*s %s\n", "µs", "where", BAR_WIDTH, "", "step");
	for (int i = 0; i < STEPS; i++) {
		int64_t ns = times[i].t1 - times[i].t0;

		if (!times[i].t1)
			continue;
		fprintf(out, "%9.1f  %-6s %s", (double)ns / 1000, stages[steps_stage(i)],
			colour ? "\033[36m" : "");
		bar(out, ns < longest ? ns : longest, longest);
		fprintf(out, "%s %-20s %s%s%s\n", colour ? "\033[0m" : "", about[i].name,
			colour ? "\033[2m" : "", about[i].sentence, colour ? "\033[0m" : "");
	}
	fprintf(out, "%9.1f  from the first step to the last\n", (double)(last - first) / 1000);
}
