/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the cache and memory bandwidth that a container may use, and has used; see rdt.h. */
#include "base/auto.h"
#include "cgroup/rdt/rdt.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"
#include "os/fdio.h"

#include <errno.h>
#include <string.h>

#define SCHEMATA_MAX ((size_t)1 << 20)

/* The line of a resource in `schemata`, without the blanks before it. */
static void print_schema(struct stats_read *s, const char *schemata, const char *resource,
			 const char *member)
{
	rl_autofree char *text = strdup(schemata);
	char *rest = text, *line;

	while ((line = stats_text_line(&rest))) {
		line += strspn(line, " ");
		if (!strncmp(line, resource, strlen(resource))) {
			report_str(s->out, member, line);
			return;
		}
	}
}

static int print_schemata(struct stats_read *s, const char *group)
{
	rl_autoclose int fd = resctrl_open(group);
	rl_autofree char *text = NULL;
	size_t len;
	int r = fd < 0 ? fd : fdio_read_all(fd, "schemata", SCHEMATA_MAX, &text, &len);

	if (r < 0)
		return r;
	print_schema(s, text, "L3:", "l3_cache_schema");
	print_schema(s, text, "MB:", "mem_bw_schema");
	return 0;
}

static void print_bandwidth(struct stats_read *s, const struct rdt_counters *r)
{
	report_list(s->out, "mbm_stats");
	for (size_t i = 0; i < r->n; i++) {
		report_object(s->out, NULL);
		stats_read_print(s, "mbm_total_bytes", r->domains[i].total);
		stats_read_print(s, "mbm_local_bytes", r->domains[i].local);
		report_close(s->out);
	}
	report_close(s->out);
}

static void print_occupancy(struct stats_read *s, const struct rdt_counters *r)
{
	report_list(s->out, "cmt_stats");
	for (size_t i = 0; i < r->n; i++) {
		report_object(s->out, NULL);
		report_u64(s->out, "llc_occupancy", r->domains[i].occupancy);
		report_close(s->out);
	}
	report_close(s->out);
}

/* An entry for each cache, in the order of their numbers, also for one that did not count. */
static int print_counters(struct stats_read *s, const struct rdt_record *rdt, struct rl_err *e)
{
	rl_auto(rdt_counters_done) struct rdt_counters counted = { 0 };
	bool bandwidth = false, occupancy = false;
	int r = rdt_counters_read(rdt, &counted, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < counted.n; i++) {
		bandwidth |= counted.domains[i].has_total || counted.domains[i].has_local;
		occupancy |= counted.domains[i].has_occupancy;
	}
	if (bandwidth)
		print_bandwidth(s, &counted);
	if (occupancy)
		print_occupancy(s, &counted);
	return 0;
}

void stats_rdt(struct stats_read *s)
{
	const struct rdt_record *rdt = s->from->rdt;
	struct rl_err e = RL_ERR_INIT;
	int r = 0;

	report_object(s->out, "intel_rdt");
	if (rdt && rdt->group && !s->error) {
		r = print_schemata(s, rdt->group);
		r = r < 0 ? rl_fail(&e, r, "read the group %s", rdt->group) :
			    print_counters(s, rdt, &e);
	}
	report_close(s->out);
	/* One that an administrator removed meanwhile has nothing to say. */
	if (r < 0 && r != -ENOENT) {
		*s->e = e;
		s->error = r;
	}
}
