/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the RDMA resources that a container holds. The files are the same on v1 and v2. */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

/* "mlx4_0 hca_handle=2 hca_object=max" */
static void print_device(struct report *out, char *line)
{
	const char *word;
	uint64_t n;

	report_object(out, NULL);
	report_str(out, "device", stats_text_word(&line));
	while ((word = stats_text_word(&line))) {
		if (stats_text_assigned(word, "hca_handle", &n))
			report_u64(out, "hca_handles", n);
		if (stats_text_assigned(word, "hca_object", &n))
			report_u64(out, "hca_objects", n);
	}
	report_close(out);
}

static void print_file(struct stats_read *s, const char *member, char *text)
{
	char *line;

	report_list(s->out, member);
	while ((line = stats_text_line(&text)))
		print_device(s->out, line);
	report_close(s->out);
}

void stats_rdma(struct stats_read *s)
{
	const struct stats_dir *v1 = stats_read_find(s, false, "rdma.current");
	const struct stats_dir *d = v1 ? v1 : stats_read_find(s, true, "rdma.current");
	rl_autofree char *current = stats_read_text(s, d, "rdma.current");
	rl_autofree char *limit = stats_read_text(s, d, "rdma.max");

	if (!current || !*current)
		return;
	report_object(s->out, "rdma");
	print_file(s, "current", current);
	print_file(s, "limit", limit);
	report_close(s->out);
}
