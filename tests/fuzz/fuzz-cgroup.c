/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a cgroup: each of them has the bytes as its text, and all are read for events,
 * update and ps.
 */
#include "tests/fuzz/fuzz.h"

#include "base/report.h"
#include "cgroup/cgroup-procs.h"
#include "cgroup/limits/cgroup-now.h"
#include "cgroup/stats/stats.h"
#include "os/cgroupfs.h"
#include "os/fdio.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT "cgroup.procs"

static const char *const names[] = {
	"blkio.io_service_bytes_recursive",
	"blkio.throttle.io_serviced",
	"cpu.idle",
	"cpu.max",
	"cpu.pressure",
	"cpu.stat",
	"cpu.cfs_quota_us",
	"cpuacct.stat",
	"cpuacct.usage",
	"cpuacct.usage_all",
	"cpuacct.usage_percpu",
	"cpuset.cpus",
	"cpuset.cpus.effective",
	"cpuset.mems.effective",
	"hugetlb.2MB.current",
	"hugetlb.2MB.events",
	"hugetlb.2MB.usage_in_bytes",
	"io.pressure",
	"io.stat",
	"memory.current",
	"memory.events",
	"memory.limit_in_bytes",
	"memory.max",
	"memory.pressure",
	"memory.stat",
	"memory.swap.max",
	"memory.usage_in_bytes",
	"pids.current",
	"pids.max",
	"rdma.current",
	"rdma.max",
};

static void make_names(int dir)
{
	static bool made;

	for (size_t i = 0; !made && i < sizeof(names) / sizeof(names[0]); i++)
		fuzz_require(symlinkat(INPUT, dir, names[i]) == 0, "a file has a name");
	made = true;
}

static void print(int dir, bool v2)
{
	struct stats_dir d = { dir, v2, "/c" };
	struct stats s = { &d, 1, NULL };
	struct rl_err e = RL_ERR_INIT;
	struct report out;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fuzz_require(f, "there is memory");
	report_begin(&out, f, REPORT_JSON_LINE);
	fuzz_result(stats_print(&s, &out, &e), &e);
	report_end(&out);
	fclose(f);
	free(text);
}

static void ask_limits(int dir, bool v2)
{
	char path[64];
	const char *const dirs[] = { path };
	static struct cgroupfs fs = { .n = 1 };
	struct rl_err e = RL_ERR_INIT;
	struct cgroup_now now = { 0 };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	fs.h[0].v2 = v2;
	snprintf(fs.h[0].controllers, sizeof(fs.h[0].controllers), "cpu,memory");
	fuzz_result(cgroup_now_read(&fs, dirs, &now, &e), &e);
}

void fuzz_cgroup(const uint8_t *data, size_t size)
{
	int dir = fuzz_dir(INPUT, data, size);
	char *procs = NULL;

	make_names(dir);
	for (int v2 = 0; v2 < 2; v2++) {
		print(dir, v2);
		ask_limits(dir, v2);
	}
	if (cgroup_procs_read(dir, &procs) >= 0) {
		/* NULL behind the last one. */
		for (const char *at = procs; at; cgroup_procs_next(&at))
			fuzz_require(at >= procs && at < procs + size, "a pid is in the text");
	}
	free(procs);
}
