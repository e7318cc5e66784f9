/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup/stats/stats.h: what is printed of given files. The files are those of real kernels, in
 * plain directories: only stats_open() asks for a cgroup, and test-oom-watch.c has one.
 */
#include "cgroup/stats/stats.h"

#include "base/auto.h"
#include "os/fdio.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct file {
	const char *name, *text; /* NULL ends the list */
};

/* --- directories of a test --- */

static char top[] = "/tmp/test-stats-XXXXXX";

static struct stats_dir make_dir(const struct file *files, bool v2)
{
	struct stats_dir d = { .fd = -1, .v2 = v2, .path = "/the/cgroup" };
	static int number;
	char path[64];

	snprintf(path, sizeof(path), "%s/%d", top, ++number);
	fdio_mkdir_at(AT_FDCWD, path, 0700);
	d.fd = fdio_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	for (; files->name; files++)
		if (fdio_replace_at(d.fd, files->name, files->text, strlen(files->text), 0600) < 0)
			ok(false, "the test can make %s", files->name);
	return d;
}

static void remove_dir(struct stats_dir *d)
{
	DIR *dir = fdopendir(d->fd);
	const struct dirent *entry;

	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

static char *print(const struct stats *s, int *ret, struct rl_err *e)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct report r;

	report_begin(&r, out, REPORT_JSON_LINE);
	*ret = stats_print(s, &r, e);
	report_end(&r);
	fclose(out);
	return text;
}

/* What is printed of one directory is `want`, and a line's end. */
static void prints(const struct file *files, bool v2, const char *want, const char *what)
{
	struct stats_dir d = make_dir(files, v2);
	struct stats s = { &d, 1, NULL };
	struct rl_err e = RL_ERR_INIT;
	rl_autofree char *got = NULL;
	int r;

	got = print(&s, &r, &e);
	is_int(r, 0, "%s", what);
	got[strcspn(got, "\n")] = 0;
	is_str(got, want, "  what is printed");
	remove_dir(&d);
}

/* --- the rows that a container without the controller has, too --- */

#define ZERO "{\"limit\":0,\"failcnt\":0}"
#define CPUSET(cpus, mems, balance, level)                                                        \
	"\"cpuset\":{" cpus "\"cpu_exclusive\":0," mems "\"mem_hardwall\":0,\"mem_exclusive\":0," \
	"\"memory_migrate\":0,\"memory_spread_page\":0,\"memory_spread_slab\":0,"                 \
	"\"memory_pressure\":0,\"sched_load_balance\":" balance                                   \
	",\"sched_relax_domain_level\":" level "}"
#define NO_CPU    "\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}}"
#define NO_CPUSET CPUSET("", "", "0", "0")
#define NO_MEMORY                                                                                  \
	"\"memory\":{\"usage\":" ZERO ",\"swap\":" ZERO ",\"kernel\":" ZERO ",\"kernelTCP\":" ZERO \
	"}"
#define REST "\"intel_rdt\":{},\"network_interfaces\":null}"
#define NOTHING(cpu) \
	"{" cpu "," NO_CPUSET "," NO_MEMORY ",\"pids\":{},\"blkio\":{},\"hugetlb\":{}," REST

static void test_empty(void)
{
	static const struct file none[] = { { NULL, NULL } };
	static const struct file empty[] = { { "cpu.stat", "" },
					     { "cpu.pressure", "" },
					     { "cpuset.cpus.effective", "" },
					     { "memory.current", "" },
					     { "memory.max", "" },
					     { "memory.stat", "" },
					     { "memory.events", "" },
					     { "pids.current", "" },
					     { "pids.max", "" },
					     { "io.stat", "" },
					     { "rdma.current", "" },
					     { "hugetlb.2MB.rsvd.current", "0" },
					     { "hugetlb..current", "" },
					     { "hugetlb.2MBcurrent", "" },
					     { NULL, NULL } };

	prints(none, false, NOTHING(NO_CPU), "an empty directory of v1");
	prints(none, true, NOTHING(NO_CPU), "an empty directory of v2");
	prints(empty, true,
	       "{" NO_CPU "," NO_CPUSET ",\"memory\":{\"usage\":" ZERO ",\"swap\":" ZERO
	       ",\"kernel\":" ZERO ",\"kernelTCP\":" ZERO ",\"raw\":{}},\"pids\":{},"
	       "\"blkio\":{},\"hugetlb\":{}," REST,
	       "files that are empty");
}

/* Of linux 6.12, in a container with limits. */
static const struct file v2_files[] = {
	{ "cgroup.procs", "203\n212\n" },
	{ "cpu.stat", "usage_usec 630372\nuser_usec 317421\nsystem_usec 312950\nnice_usec 0\n"
		      "nr_periods 13\nnr_throttled 11\nthrottled_usec 925717\nnr_bursts 0\n"
		      "burst_usec 0\n" },
	{ "cpu.pressure", "some avg10=0.75 avg60=0.72 avg300=0.19 total=675992\n"
			  "full avg10=0.73 avg60=0.70 avg300=0.19 total=659559\n" },
	{ "cpuset.cpus", "\n" },
	{ "cpuset.cpus.effective", "0-1,4\n" },
	{ "cpuset.mems.effective", "0\n" },
	{ "memory.current", "5353472\n" },
	{ "memory.max", "67108864\n" },
	{ "memory.peak", "10575872\n" },
	{ "memory.events", "low 0\nhigh 0\nmax 21\noom 1\noom_kill 1\noom_group_kill 0\n" },
	{ "memory.swap.current", "4096\n" },
	{ "memory.swap.max", "33554432\n" },
	{ "memory.swap.events", "high 0\nmax 2\nfail 3\n" },
	{ "memory.stat", "anon 106496\nfile 4907008\n" },
	{ "memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" },
	{ "pids.current", "2\n" },
	{ "pids.max", "30\n" },
	{ "io.stat", "259:0 rbytes=708608 wbytes=0 rios=8 wios=0 dbytes=0 dios=0\n"
		     "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n"
		     "7:0 \n" },
	{ "hugetlb.2MB.current", "6291456\n" },
	{ "hugetlb.2MB.events", "max 3\n" },
	{ "hugetlb.2MB.rsvd.current", "12582912\n" },
	{ "rdma.current", "mlx4_0 hca_handle=2 hca_object=2000\n" },
	{ "rdma.max", "mlx4_0 hca_handle=max hca_object=max\n" },
	{ NULL, NULL }
};

static const char v2_text[] =
	"{\"cpu\":{\"usage\":{\"total\":630372000,\"kernel\":312950000,\"user\":317421000},"
	"\"throttling\":{\"periods\":13,\"throttledPeriods\":11,\"throttledTime\":925717000},"
	"\"psi\":{\"some\":{\"avg10\":0.75,\"avg60\":0.72,\"avg300\":0.19,\"total\":675992},"
	"\"full\":{\"avg10\":0.73,\"avg60\":0.70,\"avg300\":0.19,\"total\":659559}}}," CPUSET(
		"\"cpus\":[0,1,4],", "\"mems\":[0],", "0",
		"0") ",\"memory\":{\"cache\":4907008,"
		     "\"usage\":{\"limit\":67108864,\"usage\":5353472,\"max\":10575872,\"failcnt\":21},"
		     "\"swap\":{\"limit\":100663296,\"usage\":5357568,\"failcnt\":2},"
		     "\"kernel\":" ZERO ",\"kernelTCP\":" ZERO ","
		     "\"raw\":{\"anon\":106496,\"file\":4907008},"
		     "\"psi\":{\"some\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":0},"
		     "\"full\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.00,\"total\":0}}},"
		     "\"pids\":{\"current\":2,\"limit\":30},"
		     "\"blkio\":{\"ioServiceBytesRecursive\":["
		     "{\"major\":259,\"op\":\"Read\",\"value\":708608},{\"major\":259,\"op\":\"Write\"},"
		     "{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
		     "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":2},"
		     "{\"major\":8,\"minor\":16,\"op\":\"Discard\",\"value\":5}],"
		     "\"ioServicedRecursive\":["
		     "{\"major\":259,\"op\":\"Read\",\"value\":8},{\"major\":259,\"op\":\"Write\"},"
		     "{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":3},"
		     "{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":4},"
		     "{\"major\":8,\"minor\":16,\"op\":\"Discard\",\"value\":6}]},"
		     "\"hugetlb\":{\"2MB\":{\"usage\":6291456,\"failcnt\":3}},"
		     "\"rdma\":{\"current\":[{\"device\":\"mlx4_0\",\"hca_handles\":2,"
		     "\"hca_objects\":2000}],\"limit\":[{\"device\":\"mlx4_0\","
		     "\"hca_handles\":18446744073709551615,"
		     "\"hca_objects\":18446744073709551615}]}," REST;

static void test_v2_limits(void)
{
	static const struct file unlimited[] = { { "memory.current", "8192\n" },
						 { "memory.max", "max\n" },
						 { "memory.swap.current", "4096\n" },
						 { "memory.swap.max", "4096\n" },
						 { "pids.current", "3\n" },
						 { "pids.max", "max\n" },
						 { NULL, NULL } };
	static const struct file counted[] = { { "cgroup.procs", "7\n8\n9\n" }, { NULL, NULL } };

	prints(unlimited, true,
	       "{" NO_CPU "," NO_CPUSET ",\"memory\":{"
	       "\"usage\":{\"limit\":18446744073709551615,\"usage\":8192,\"failcnt\":0},"
	       "\"swap\":{\"limit\":18446744073709551615,\"usage\":12288,\"failcnt\":0},"
	       "\"kernel\":" ZERO ",\"kernelTCP\":" ZERO "},\"pids\":{\"current\":3},"
	       "\"blkio\":{},\"hugetlb\":{}," REST,
	       "without limits");
	prints(counted, true,
	       "{" NO_CPU "," NO_CPUSET "," NO_MEMORY ",\"pids\":{\"current\":3},\"blkio\":{},"
	       "\"hugetlb\":{}," REST,
	       "without the pids controller processes are counted");
}

/* Of linux 6.18, with the files of BFQ for one device, as if all controllers were in one hierarchy.
 */
static const struct file v1_files[] = {
	{ "cpuacct.usage", "13352885\n" },
	{ "cpuacct.usage_percpu", "11935507 1417378 \n" },
	{ "cpuacct.usage_all", "cpu user system\n0 4000000 12000000\n1 0 0\n" },
	{ "cpuacct.stat", "user 0\nsystem 1\n" },
	{ "cpu.stat", "nr_periods 2\nnr_throttled 1\nthrottled_time 60309000\nnr_bursts 0\n" },
	{ "cpuset.cpus", "0-1\n" },
	{ "cpuset.mems", "0\n" },
	{ "cpuset.sched_load_balance", "1\n" },
	{ "cpuset.sched_relax_domain_level", "-1\n" },
	{ "memory.usage_in_bytes", "2510848\n" },
	{ "memory.limit_in_bytes", "67108864\n" },
	{ "memory.max_usage_in_bytes", "2514944\n" },
	{ "memory.failcnt", "5\n" },
	{ "memory.memsw.usage_in_bytes", "2510849\n" },
	{ "memory.memsw.limit_in_bytes", "9223372036854771712\n" },
	{ "memory.memsw.failcnt", "6\n" },
	{ "memory.kmem.usage_in_bytes", "442368\n" },
	{ "memory.kmem.tcp.failcnt", "7\n" },
	{ "memory.stat", "cache 126976\nrss 1654784\n" },
	{ "pids.current", "5\n" },
	{ "pids.max", "max\n" },
	{ "blkio.reset_stats", "" },
	{ "blkio.bfq.io_service_bytes_recursive", "Total 0\n" },
	{ "blkio.throttle.io_service_bytes_recursive",
	  "254:0 Read 4317184\n254:0 Async 0\n254:0 Total 4317184\nTotal 4317184\n" },
	{ "blkio.bfq.io_serviced_recursive", "8:0 Read 34\nTotal 34\n" },
	{ "blkio.throttle.io_serviced_recursive", "254:0 Read 35\nTotal 35\n" },
	{ "blkio.bfq.sectors_recursive", "8:0 99\n" },
	{ "hugetlb.1GB.usage_in_bytes", "0\n" },
	{ "hugetlb.1GB.max_usage_in_bytes", "1073741824\n" },
	{ "hugetlb.1GB.failcnt", "2\n" },
	{ NULL, NULL }
};

static const char v1_text[] =
	"{\"cpu\":{\"usage\":{\"total\":13352885,\"percpu\":[11935507,1417378],"
	"\"percpu_kernel\":[12000000,0],\"percpu_user\":[4000000,0],"
	"\"kernel\":10000000,\"user\":0},"
	"\"throttling\":{\"periods\":2,\"throttledPeriods\":1,\"throttledTime\":60309000}}," CPUSET(
		"\"cpus\":[0,1],", "\"mems\":[0],", "1",
		"-1") ",\"memory\":{\"cache\":126976,"
		      "\"usage\":{\"limit\":67108864,\"usage\":2510848,\"max\":2514944,\"failcnt\":5},"
		      "\"swap\":{\"limit\":9223372036854771712,\"usage\":2510849,\"failcnt\":6},"
		      "\"kernel\":{\"limit\":0,\"usage\":442368,\"failcnt\":0},"
		      "\"kernelTCP\":{\"limit\":0,\"failcnt\":7},"
		      "\"raw\":{\"cache\":126976,\"rss\":1654784}},"
		      "\"pids\":{\"current\":5},"
		      "\"blkio\":{\"ioServiceBytesRecursive\":["
		      "{\"major\":254,\"op\":\"Read\",\"value\":4317184},"
		      "{\"major\":254,\"op\":\"Async\"},"
		      "{\"major\":254,\"op\":\"Total\",\"value\":4317184}],"
		      "\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":34}],"
		      "\"sectorsRecursive\":[{\"major\":8,\"value\":99}]},"
		      "\"hugetlb\":{\"1GB\":{\"max\":1073741824,\"failcnt\":2}}," REST;

/* A hybrid host: v1 has the controller, and v2 counts pressure. */
static void test_hybrid(void)
{
	struct stats_dir dirs[] = { make_dir(v2_files, true), make_dir(v1_files, false) };
	struct stats s = { dirs, 2, NULL };
	struct rl_err e = RL_ERR_INIT;
	rl_autofree char *got = NULL;
	int r;

	got = print(&s, &r, &e);
	is_int(r, 0, "both versions");
	ok(strstr(got, "\"total\":13352885,") != NULL, "time is that of v1");
	ok(strstr(got, "\"periods\":2,") != NULL, "throttling, too");
	ok(strstr(got, "\"some\":{\"avg10\":0.75,") != NULL, "pressure is that of v2");
	ok(strstr(got, "\"usage\":{\"limit\":67108864,\"usage\":2510848,") != NULL,
	   "memory is that of v1");
	ok(strstr(got, "\"value\":35}") == NULL && strstr(got, "\"value\":34}") != NULL,
	   "and so are devices");
	ok(strstr(got, "\"2MB\":") && strstr(got, "\"1GB\":"), "huge pages are where they are");
	remove_dir(&dirs[0]);
	remove_dir(&dirs[1]);
}

static void test_malformed(void)
{
	static const struct file files[] = {
		{ "cpu.stat", "usage_usec\nuser_usec x\nsystem_usec 99999999999999999999\n\n\n" },
		{ "cpu.pressure", "some avg10=bad\n" },
		{ "cpuset.cpus.effective", "0-4294967295\n" },
		{ "pids.current", "two\n" },
		{ "io.stat", "259 rbytes=1\n:: rbytes=2\n8:0 rbytes=x wbytes\n" },
		{ NULL, NULL }
	};

	prints(files, true, NOTHING(NO_CPU), "files that say nothing sensible");
}

/* What is no lack of a file is an error, and one only. */
static void test_error(void)
{
	static const struct file none[] = { { NULL, NULL } };
	struct stats_dir d = make_dir(none, true);
	struct stats s = { &d, 1, NULL };
	struct rl_err e = RL_ERR_INIT;
	rl_autofree char *got = NULL;
	char line[512];
	int r;

	symlinkat("memory.stat", d.fd, "memory.stat");
	fdio_replace_at(d.fd, "memory.current", "1\n", 2, 0600);
	got = print(&s, &r, &e);
	is_int(r, -ELOOP, "a file that cannot be read is an error");
	is_str(rl_err_line(&e, line, sizeof(line)),
	       "read memory.stat of the cgroup /the/cgroup: Too many levels of symbolic links",
	       "that says which");
	fdio_unlink_at(d.fd, "memory.stat", 0);
	remove_dir(&d);
}

/* Records that name no cgroup: the checks are those of cgroup-walk.h. */
static void test_records(void)
{
	struct cgroup_record_dir dirs[] = {
		{ .path = (char *)"/nonexistent/a", .stop = (char *)"/nonexistent" },
		{ .path = (char *)"/tmp", .stop = (char *)"/tmp" },
	};
	struct cgroup_record r = { .dirs = dirs, .n = 1 };
	struct rl_err e = RL_ERR_INIT;
	struct stats s;

	is_int(stats_open(&r, NULL, &s, &e), -ENOENT, "a cgroup that is gone");
	is_str(e.what, "the container's cgroup is gone", "is named so");
	stats_close(&s);
	e = (struct rl_err)RL_ERR_INIT;
	r.n = 2;
	is_int(stats_open(&r, NULL, &s, &e), -ENOTDIR, "a directory that is no cgroup is refused");
	stats_close(&s);
}

int main(void)
{
	if (!mkdtemp(top))
		return 1;
	test_empty();
	prints(v2_files, true, v2_text, "v2");
	test_v2_limits();
	prints(v1_files, false, v1_text, "v1");
	test_hybrid();
	test_malformed();
	test_error();
	test_records();
	for (int i = 1; i < 32; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%d", top, i);
		rmdir(path);
	}
	rmdir(top);
	return tap_done();
}
