/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what the hardware counted for a container; see rdt.h. */
#include "base/auto.h"
#include "cgroup/rdt/rdt.h"
#include "os/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define DOMAINS_MAX 1024

/* One counter. A file may also say "Unavailable", "Unassigned" or "Error": then there is none. */
static bool read_counter(int dirfd, const char *domain, const char *file, uint64_t *ret)
{
	char path[NAME_MAX + 32], text[32], *end;
	unsigned long long n;

	snprintf(path, sizeof(path), "%s/%s", domain, file);
	if (fdio_read_at(dirfd, path, text, sizeof(text)) <= 0)
		return false;
	n = strtoull(text, &end, 10);
	if (end == text || (*end && *end != '\n'))
		return false;
	*ret = n;
	return true;
}

/* The counters of a directory mon_L3_<id>. False: it is another. */
static bool read_domain(int dirfd, const char *name, struct rdt_counters_domain *ret)
{
	struct rdt_counters_domain d = { 0 };
	char *end;

	if (strncmp(name, "mon_L3_", 7) != 0)
		return false;
	d.id = (uint32_t)strtoul(name + 7, &end, 10);
	if (end == name + 7 || *end)
		return false;
	d.has_occupancy = read_counter(dirfd, name, "llc_occupancy", &d.occupancy);
	d.has_total = read_counter(dirfd, name, "mbm_total_bytes", &d.total);
	d.has_local = read_counter(dirfd, name, "mbm_local_bytes", &d.local);
	*ret = d;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct rdt_counters_domain *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int read_domains(int fd, struct rdt_counters *s)
{
	rl_autoclosedir DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		const int r = -errno;

		close(fd);
		return r;
	}
	s->domains = calloc(DOMAINS_MAX, sizeof(*s->domains));
	if (!s->domains)
		return -ENOMEM;
	while (s->n < DOMAINS_MAX && (entry = readdir(dir)) != NULL)
		s->n += read_domain(dirfd(dir), entry->d_name, &s->domains[s->n]);
	qsort(s->domains, s->n, sizeof(*s->domains), by_id);
	return 0;
}

int rdt_counters_read(const struct rdt_record *r, struct rdt_counters *ret, struct rl_err *e)
{
	rl_auto(rdt_counters_done) struct rdt_counters s = { 0 };
	const char *dir = r->monitor ? r->monitor : r->group;
	rl_autoclose int group_fd = resctrl_open(dir);
	int fd, ret_code = 0;

	if (group_fd < 0)
		return rl_fail(e, group_fd, "open the group %s", dir);
	fd = fdio_open_at(group_fd, "mon_data", O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0)
		ret_code = read_domains(fd, &s);
	else if (fd != -ENOENT)
		ret_code = fd;
	if (ret_code < 0)
		return rl_fail(e, ret_code, "read the counters of %s", dir);
	*ret = s;
	s = (struct rdt_counters){ 0 };
	return 0;
}

void rdt_counters_done(struct rdt_counters *s)
{
	free(s->domains);
	*s = (struct rdt_counters){ 0 };
}
