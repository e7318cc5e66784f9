/* SPDX-License-Identifier: Apache-2.0 */
/* Reads which limits are in force in a cgroup; see cgroup-now.h. */
#include "cgroup/limits/cgroup-now.h"

#include "base/auto.h"
#include "os/cgroupfs.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* v1 tells "no limit" as the greatest multiple of a page: LONG_MAX and less by a page at most. */
#define UNLIMITED_V1 (INT64_MAX - 65536)

/* Where a controller's files are. */
struct place {
	const char *dir;
	bool v2;
	struct rl_err *e;
};

/* Up to two numbers of a file; "max" is -1. What is not there keeps its value. */
static int read_numbers(const struct place *p, const char *file, int64_t *ret, int64_t *ret_second)
{
	char path[PATH_MAX], text[64];
	const char *at = text;
	int r;

	snprintf(path, sizeof(path), "%s/%s", p->dir, file);
	r = fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	/* The controller is not enabled in this cgroup, or has no such limit here; the payload may
	 * have made a cgroup of the name. */
	if (r == -ENOENT || r == -EISDIR)
		return 0;
	if (r < 0)
		return rl_fail(p->e, r, "read the limit that is in force from %s", path);
	*ret = !strncmp(at, "max", 3) ? -1 : strtoll(at, NULL, 10);
	if (*ret > UNLIMITED_V1)
		*ret = -1;
	at += strcspn(at, " ");
	if (ret_second && *at)
		*ret_second = strtoll(at, NULL, 10);
	return 0;
}

static int read_memory(const struct place *p, struct cgroup_now *n)
{
	const char *limit = p->v2 ? "memory.max" : "memory.limit_in_bytes";
	const char *swap = p->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	int r = read_numbers(p, limit, &n->memory, NULL);

	if (r == 0)
		r = read_numbers(p, swap, &n->memory_swap, NULL);
	/* v2 has a limit of swap alone. */
	if (p->v2 && n->memory_swap >= 0 &&
	    (n->memory < 0 || __builtin_add_overflow(n->memory, n->memory_swap, &n->memory_swap)))
		n->memory_swap = -1;
	return r;
}

static int read_cpu(const struct place *p, struct cgroup_now *n)
{
	int64_t period = 0, burst = 0, idle = 0;
	int r;

	if (p->v2) {
		r = read_numbers(p, "cpu.max", &n->cpu_quota, &period);
	} else {
		r = read_numbers(p, "cpu.rt_runtime_us", &n->rt_runtime, NULL);
		if (r == 0)
			r = read_numbers(p, "cpu.cfs_quota_us", &n->cpu_quota, NULL);
		if (r == 0)
			r = read_numbers(p, "cpu.cfs_period_us", &period, NULL);
	}
	if (r == 0)
		r = read_numbers(p, p->v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", &burst, NULL);
	if (r == 0)
		r = read_numbers(p, "cpu.idle", &idle, NULL);
	n->cpu_period = (uint64_t)period;
	n->cpu_burst = (uint64_t)burst;
	n->cpu_idle = idle == 1;
	return r;
}

int cgroup_now_read(const struct cgroupfs *fs, const char *const *dirs, struct cgroup_now *ret,
		    struct rl_err *e)
{
	const struct cgroupfs_hierarchy *memory = cgroupfs_find(fs, "memory");
	const struct cgroupfs_hierarchy *cpu = cgroupfs_find(fs, "cpu");
	struct cgroup_now n = { .memory = -1, .memory_swap = -1, .cpu_quota = -1 };
	struct place p = { .e = e };
	int r = 0;

	if (memory) {
		p.dir = dirs[memory - fs->h];
		p.v2 = memory->v2;
		r = read_memory(&p, &n);
	}
	if (r == 0 && cpu) {
		p.dir = dirs[cpu - fs->h];
		p.v2 = cpu->v2;
		r = read_cpu(&p, &n);
	}
	if (r == 0)
		*ret = n;
	return r;
}
