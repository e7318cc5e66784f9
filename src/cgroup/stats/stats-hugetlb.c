/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the huge pages that a container uses, for each size that the host has. */
#include "base/auto.h"
#include "cgroup/stats/stats-read.h"
#include "os/fdio.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MAX_LEN 32 /* "2MB" */

/*
 * The size in "hugetlb.2MB.current". Not that of "hugetlb.2MB.rsvd.current": what is reserved is
 * not used yet.
 */
static bool parse_size(const char *name, const char *suffix, char ret[static SIZE_MAX_LEN])
{
	static const char prefix[] = "hugetlb.";
	const char *size = name + strlen(prefix), *dot;

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	dot = strchr(size, '.');
	if (!dot || dot == size || strcmp(dot + 1, suffix) != 0 || dot - size >= SIZE_MAX_LEN)
		return false;
	snprintf(ret, SIZE_MAX_LEN, "%.*s", (int)(dot - size), size);
	return true;
}

static uint64_t read_suffix(struct stats_read *s, const struct stats_dir *d, const char *size,
			    const char *suffix)
{
	char file[64];

	snprintf(file, sizeof(file), "hugetlb.%s.%s", size, suffix);
	return stats_read_number(s, d, file);
}

static uint64_t read_failures(struct stats_read *s, const struct stats_dir *d, const char *size)
{
	char file[64];

	if (!d->v2)
		return read_suffix(s, d, size, "failcnt");
	snprintf(file, sizeof(file), "hugetlb.%s.events", size);
	return stats_read_value(s, d, file, "max");
}

static void print_dir(struct stats_read *s, const struct stats_dir *d)
{
	const char *suffix = d->v2 ? "current" : "usage_in_bytes";
	rl_autoclosedir DIR *dir = NULL;
	const struct dirent *entry;
	char size[SIZE_MAX_LEN];
	int fd = fdio_open_at(d->fd, ".", O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (!parse_size(entry->d_name, suffix, size))
			continue;
		report_object(s->out, size);
		stats_read_print(s, "usage", read_suffix(s, d, size, suffix));
		if (!d->v2)
			stats_read_print(s, "max", read_suffix(s, d, size, "max_usage_in_bytes"));
		report_u64(s->out, "failcnt", read_failures(s, d, size));
		report_close(s->out);
	}
}

/* One hierarchy has the controller; the others have no such files. */
void stats_hugetlb(struct stats_read *s)
{
	report_object(s->out, "hugetlb");
	for (size_t i = 0; i < s->from->n && !s->error; i++)
		print_dir(s, &s->from->dirs[i]);
	report_close(s->out);
}
