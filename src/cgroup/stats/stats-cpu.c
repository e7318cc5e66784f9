/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the time that a container had on processors, in nanoseconds, and the time it was denied.
 */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

#include <string.h>
#include <unistd.h>

#define NS_PER_S 1000000000u

/* cpuacct.usage_percpu: nanoseconds, with blanks between. */
static void print_percpu(struct stats_read *s, const struct stats_dir *d)
{
	rl_autofree char *text = stats_read_text(s, d, "cpuacct.usage_percpu");
	char *rest = text, *line = stats_text_line(&rest);
	const char *word = stats_text_word(&line);
	uint64_t n;

	if (!word)
		return;
	report_list(s->out, "percpu");
	for (; word; word = stats_text_word(&line))
		if (stats_text_number(word, &n))
			report_u64(s->out, NULL, n);
	report_close(s->out);
}

/* cpuacct.usage_all: "cpu user system", then a line of numbers for each processor. */
static void print_column(struct stats_read *s, const char *all, const char *member, int column)
{
	rl_autofree char *text = strdup(all);
	char *rest = text, *line = stats_text_line(&rest);
	uint64_t n;

	report_list(s->out, member);
	while ((line = stats_text_line(&rest))) {
		const char *word = stats_text_word(&line);

		for (int i = 0; i < column && word; i++)
			word = stats_text_word(&line);
		if (word && stats_text_number(word, &n))
			report_u64(s->out, NULL, n);
	}
	report_close(s->out);
}

/* cpuacct.stat counts clock ticks, as times(2) does. */
static uint64_t from_ticks(uint64_t ticks)
{
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	return ticks * (NS_PER_S / (hz ? hz : 100));
}

static void print_usage_v1(struct stats_read *s, const struct stats_dir *d)
{
	rl_autofree char *all = stats_read_text(s, d, "cpuacct.usage_all");

	stats_read_print(s, "total", stats_read_number(s, d, "cpuacct.usage"));
	print_percpu(s, d);
	if (all) {
		print_column(s, all, "percpu_kernel", 2);
		print_column(s, all, "percpu_user", 1);
	}
	report_u64(s->out, "kernel", from_ticks(stats_read_value(s, d, "cpuacct.stat", "system")));
	report_u64(s->out, "user", from_ticks(stats_read_value(s, d, "cpuacct.stat", "user")));
}

/* cpu.stat counts microseconds. Without the controller, too, it has these three. */
static void print_usage_v2(struct stats_read *s, const struct stats_dir *d)
{
	stats_read_print(s, "total", stats_read_value(s, d, "cpu.stat", "usage_usec") * 1000);
	report_u64(s->out, "kernel", stats_read_value(s, d, "cpu.stat", "system_usec") * 1000);
	report_u64(s->out, "user", stats_read_value(s, d, "cpu.stat", "user_usec") * 1000);
}

/* v1: throttled_time in nanoseconds; v2: throttled_usec. */
static void print_throttling(struct stats_read *s, const struct stats_dir *d)
{
	uint64_t time = stats_read_value(s, d, "cpu.stat", "throttled_time");

	if (d && d->v2)
		time = stats_read_value(s, d, "cpu.stat", "throttled_usec") * 1000;
	report_object(s->out, "throttling");
	stats_read_print(s, "periods", stats_read_value(s, d, "cpu.stat", "nr_periods"));
	stats_read_print(s, "throttledPeriods", stats_read_value(s, d, "cpu.stat", "nr_throttled"));
	stats_read_print(s, "throttledTime", time);
	report_close(s->out);
}

void stats_cpu(struct stats_read *s)
{
	const struct stats_dir *account = stats_read_find(s, false, "cpuacct.usage");
	const struct stats_dir *cpu = stats_read_find(s, false, "cpu.stat");
	const struct stats_dir *v2 = stats_read_find(s, true, "cpu.stat");

	report_object(s->out, "cpu");
	report_object(s->out, "usage");
	if (account)
		print_usage_v1(s, account);
	else
		print_usage_v2(s, v2);
	report_close(s->out);
	print_throttling(s, cpu ? cpu : v2);
	stats_pressure(s, "cpu.pressure");
	report_close(s->out);
}
