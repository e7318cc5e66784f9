/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what a container reads from and writes to block devices. */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "cgroup/stats/stats-text.h"

#include <string.h>

struct entry {
	uint64_t major, minor;
	const char *op; /* NULL: of no kind */
	uint64_t value;
};

/* The list is opened by its first entry: without one it is left out. */
static void print_entry(struct stats_read *s, const char *member, bool *open, const struct entry *e)
{
	if (!*open)
		report_list(s->out, member);
	*open = true;
	report_object(s->out, NULL);
	stats_read_print(s, "major", e->major);
	stats_read_print(s, "minor", e->minor);
	report_str(s->out, "op", e->op);
	stats_read_print(s, "value", e->value);
	report_close(s->out);
}

/* "254:0 Read 4317184", or "254:0 123"; the line "Total 123" is of no device. */
static bool parse_v1(char *line, struct entry *ret)
{
	const char *word;

	if (!stats_text_device(&line, &ret->major, &ret->minor))
		return false;
	word = stats_text_word(&line);
	ret->op = word && line ? word : NULL;
	if (ret->op)
		word = stats_text_word(&line);
	return word && stats_text_number(word, &ret->value);
}

static bool print_file_v1(struct stats_read *s, const struct stats_dir *d, const char *member,
			  const char *file)
{
	rl_autofree char *text = stats_read_text(s, d, file);
	char *rest = text, *line;
	bool open = false;

	while ((line = stats_text_line(&rest))) {
		struct entry e;

		if (parse_v1(line, &e))
			print_entry(s, member, &open, &e);
	}
	if (open)
		report_close(s->out);
	return open;
}

/*
 * Who counts on v1: the scheduler BFQ for its devices, or else the throttling. BFQ has most of
 * these files only when the kernel is built to debug it.
 */
static const struct {
	const char *member, *bfq, *throttle;
} files_v1[] = {
	{ "ioServiceBytesRecursive", "blkio.bfq.io_service_bytes_recursive",
	  "blkio.throttle.io_service_bytes_recursive" },
	{ "ioServicedRecursive", "blkio.bfq.io_serviced_recursive",
	  "blkio.throttle.io_serviced_recursive" },
	{ "ioQueueRecursive", "blkio.bfq.io_queued_recursive", NULL },
	{ "ioServiceTimeRecursive", "blkio.bfq.io_service_time_recursive", NULL },
	{ "ioWaitTimeRecursive", "blkio.bfq.io_wait_time_recursive", NULL },
	{ "ioMergedRecursive", "blkio.bfq.io_merged_recursive", NULL },
	{ "ioTimeRecursive", "blkio.bfq.time_recursive", NULL },
	{ "sectorsRecursive", "blkio.bfq.sectors_recursive", NULL },
};

static void print_v1(struct stats_read *s, const struct stats_dir *d)
{
	for (size_t i = 0; i < RL_COUNT(files_v1); i++)
		if (!print_file_v1(s, d, files_v1[i].member, files_v1[i].bfq) &&
		    files_v1[i].throttle)
			print_file_v1(s, d, files_v1[i].member, files_v1[i].throttle);
}

/* io.stat: "259:0 rbytes=708608 wbytes=0 rios=8 wios=0 dbytes=0 dios=0". */
static const struct {
	const char *member, *key, *op;
	bool always;
} keys_v2[] = {
	{ "ioServiceBytesRecursive", "rbytes", "Read", true },
	{ "ioServiceBytesRecursive", "wbytes", "Write", true },
	{ "ioServiceBytesRecursive", "dbytes", "Discard", false },
	{ "ioServicedRecursive", "rios", "Read", true },
	{ "ioServicedRecursive", "wios", "Write", true },
	{ "ioServicedRecursive", "dios", "Discard", false },
};

/* The entries of one member that stand in a line. */
static void print_line_v2(struct stats_read *s, char *line, const char *member, bool *open)
{
	struct entry e;
	const char *word;

	if (!stats_text_device(&line, &e.major, &e.minor))
		return;
	while ((word = stats_text_word(&line)))
		for (size_t i = 0; i < RL_COUNT(keys_v2); i++) {
			if (strcmp(keys_v2[i].member, member) != 0 ||
			    !stats_text_assigned(word, keys_v2[i].key, &e.value))
				continue;
			e.op = keys_v2[i].op;
			if (e.value || keys_v2[i].always)
				print_entry(s, member, open, &e);
		}
}

static void print_member_v2(struct stats_read *s, const char *stat, const char *member)
{
	rl_autofree char *text = strdup(stat);
	char *rest = text, *line;
	bool open = false;

	while ((line = stats_text_line(&rest)))
		print_line_v2(s, line, member, &open);
	if (open)
		report_close(s->out);
}

void stats_blkio(struct stats_read *s)
{
	const struct stats_dir *v1 = stats_read_find(s, false, "blkio.reset_stats");
	const struct stats_dir *v2 = stats_read_find(s, true, "io.stat");
	rl_autofree char *stat = stats_read_text(s, v1 ? NULL : v2, "io.stat");

	report_object(s->out, "blkio");
	if (v1)
		print_v1(s, v1);
	if (stat) {
		print_member_v2(s, stat, "ioServiceBytesRecursive");
		print_member_v2(s, stat, "ioServicedRecursive");
	}
	stats_pressure(s, "io.pressure");
	report_close(s->out);
}
