/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the memory that a container uses. v1 counts swap together with memory, and so do the
 * numbers that are printed; v2 counts it alone, and the sum is made here.
 */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

#include <stdio.h>

struct counter {
	uint64_t limit, usage, max, failures;
};

static uint64_t read_suffix(struct stats_read *s, const struct stats_dir *d, const char *prefix,
			    const char *suffix)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.%s", prefix, suffix);
	return stats_read_number(s, d, file);
}

/* prefix: memory, memory.memsw, memory.kmem, memory.kmem.tcp */
static struct counter read_v1(struct stats_read *s, const struct stats_dir *d, const char *prefix)
{
	return (struct counter){
		.limit = read_suffix(s, d, prefix, "limit_in_bytes"),
		.usage = read_suffix(s, d, prefix, "usage_in_bytes"),
		.max = read_suffix(s, d, prefix, "max_usage_in_bytes"),
		.failures = read_suffix(s, d, prefix, "failcnt"),
	};
}

static struct counter read_v2(struct stats_read *s, const struct stats_dir *d)
{
	return (struct counter){
		.limit = stats_read_number(s, d, "memory.max"),
		.usage = stats_read_number(s, d, "memory.current"),
		.max = stats_read_number(s, d, "memory.peak"),
		.failures = stats_read_value(s, d, "memory.events", "max"),
	};
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > STATS_TEXT_MAX - b ? STATS_TEXT_MAX : a + b;
}

/* The highest sum is not known: memory and swap need not have had their peaks at one time. */
static struct counter read_swap_v2(struct stats_read *s, const struct stats_dir *d,
				   const struct counter *memory)
{
	if (!d)
		return (struct counter){ 0 };
	return (struct counter){
		.limit = add(memory->limit, stats_read_number(s, d, "memory.swap.max")),
		.usage = add(memory->usage, stats_read_number(s, d, "memory.swap.current")),
		.failures = stats_read_value(s, d, "memory.swap.events", "max"),
	};
}

static void print(struct report *out, const char *member, const struct counter *c)
{
	report_object(out, member);
	report_u64(out, "limit", c->limit);
	if (c->usage)
		report_u64(out, "usage", c->usage);
	if (c->max)
		report_u64(out, "max", c->max);
	report_u64(out, "failcnt", c->failures);
	report_close(out);
}

/* All of memory.stat, with the names of the kernel. */
static void print_raw(struct stats_read *s, char *stat)
{
	const char *key;
	uint64_t n;

	report_object(s->out, "raw");
	while (stats_text_pair(&stat, &key, &n))
		report_u64(s->out, key, n);
	report_close(s->out);
}

void stats_memory(struct stats_read *s)
{
	const struct stats_dir *v1 = stats_read_find(s, false, "memory.usage_in_bytes");
	const struct stats_dir *v2 = stats_read_find(s, true, "memory.current");
	rl_autofree char *stat = stats_read_text(s, v1 ? v1 : v2, "memory.stat");
	struct counter usage, swap, kernel, tcp;
	uint64_t cache = 0;

	usage = v1 ? read_v1(s, v1, "memory") : read_v2(s, v2);
	swap = v1 ? read_v1(s, v1, "memory.memsw") :
		    read_swap_v2(s, stats_read_find(s, true, "memory.swap.current"), &usage);
	/* On v2 they are part of the memory, and without limits of their own. */
	kernel = read_v1(s, v1, "memory.kmem");
	tcp = read_v1(s, v1, "memory.kmem.tcp");
	report_object(s->out, "memory");
	if (stat && stats_text_value(stat, v1 ? "cache" : "file", &cache))
		stats_read_print(s, "cache", cache);
	print(s->out, "usage", &usage);
	print(s->out, "swap", &swap);
	print(s->out, "kernel", &kernel);
	print(s->out, "kernelTCP", &tcp);
	if (stat)
		print_raw(s, stat);
	stats_pressure(s, "memory.pressure");
	report_close(s->out);
}
