/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal of an update writes back, for each kind of file; on plain files. */
#include "cgroup/limits/journal.h"

#include "base/auto.h"
#include "os/fdio.h"
#include "tap.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static char dir[] = "/tmp/rundlet-unit-XXXXXX";

static void path_of(const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", dir, file);
}

static void put(const char *file, const char *text)
{
	rl_autoclose int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fdio_write_full(fd, text, strlen(text)) < 0)
		ok(false, "the test can make %s", file);
}

/* The text that is written back after `value` was written to a file that had `old`. */
static void test_texts(void)
{
	static const struct {
		const char *file, *old, *value, *want; /* NULL: nothing */
	} rows[] = {
		{ "pids.max", "max\n", "5", "max" },
		{ "cpu.max", "max 100000\n", "5000 100000", "max 100000" },
		{ "memory.limit_in_bytes", "9223372036854771712\n", "4096", "9223372036854771712" },
		{ "cpuset.cpus", "0-1,3\n", "0", "0-1,3" },
		{ "cpuset.cpus", "\n", "0", "\n" },
		{ "cpuset.mems", "", "0", "\n" },
		{ "blkio.bfq.weight", "100\n", "200", "100" },

		{ "io.max", "", "8:0 rbps=1", "8:0 rbps=max wbps=max riops=max wiops=max" },
		{ "io.max", "8:16 rbps=2 wbps=max riops=max wiops=7\n", "8:16 rbps=1",
		  "8:16 rbps=2 wbps=max riops=max wiops=7" },
		{ "io.max",
		  "18:1 rbps=1 wbps=1 riops=1 wiops=1\n8:1 rbps=2 wbps=2 riops=2 wiops=2\n",
		  "8:1 wbps=9", "8:1 rbps=2 wbps=2 riops=2 wiops=2" },
		{ "io.max", "8:16 rbps=2 wbps=2 riops=2 wiops=2\n", "8:1 rbps=1",
		  "8:1 rbps=max wbps=max riops=max wiops=max" },
		{ "io.weight", "default 100\n8:0 50\n", "300", "default 100" },
		{ "io.weight", "default 100\n8:0 50\n", "default 300", "default 100" },
		{ "io.weight", "default 100\n8:0 50\n", "8:0 300", "8:0 50" },
		{ "io.weight", "default 100\n", "8:0 300", "8:0 default" },
		{ "io.bfq.weight", "default 100\n", "8:0 300", "8:0 default" },
		{ "io.bfq.weight", "default 100\n", "300", "default 100" },
		{ "io.latency", "", "8:0 target=5", "8:0 target=0" },
		{ "blkio.throttle.read_bps_device", "", "8:0 1000", "8:0 0" },
		{ "blkio.throttle.write_iops_device", "8:0 7\n", "8:0 1000", "8:0 7" },
		{ "blkio.bfq.weight_device", "default 100\n", "8:0 300", "8:0 default" },
		{ "blkio.weight_device", "8:0 200\n", "8:0 300", "8:0 200" },
		{ "rdma.max", "", "mlx5_1 hca_handle=3", "mlx5_1 hca_handle=max hca_object=max" },
		{ "rdma.max", "mlx4_0 hca_handle=2 hca_object=max\n", "mlx4_0 hca_object=9",
		  "mlx4_0 hca_handle=2 hca_object=max" },
		{ "misc.max", "sev max\n", "sev 4", "sev max" },
		{ "net_prio.ifpriomap", "lo 0\neth0 5\n", "eth0 7", "eth0 5" },
		{ "net_prio.ifpriomap", "lo 0\n", "eth0 7", "eth0 0" },

		{ "memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n", "0", "1" },
		{ "memory.oom_control", "something else\n", "0", NULL },
		{ "cgroup.subtree_control", "cpuset cpu\n", "+cpu +memory +cp", "-memory -cp " },
		{ "cgroup.subtree_control", "\n", "+pids", "-pids " },
		{ "cgroup.subtree_control", "pids memory\n", "+memory +pids", NULL },
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(journal_done) struct journal j = { 0 };

		path_of(rows[i].file, path, sizeof(path));
		put(path, rows[i].old);
		is_int(journal_keep(&j, path, rows[i].value), 0, "%s: \"%s\"", rows[i].file,
		       rows[i].value);
		is_int(j.n, rows[i].want ? 1 : 0, "  entries");
		is_str(j.n ? j.entries[0].text : NULL, rows[i].want, "  the text");
		unlink(path);
	}
}

/* A group that stops or begins to be idle loses its shares. */
static void test_others(void)
{
	static const struct {
		const char *file, *old, *other;
		size_t n;
	} rows[] = {
		{ "cpu.idle", "0\n", "cpu.shares", 2 },
		{ "cpu.idle", "0\n", "cpu.weight", 2 },
		{ "cpu.idle", "1\n", "cpu.shares", 1 },
		{ "cpu.weight.nice", "-3\n", "cpu.weight", 2 },
		{ "cpu.shares", "512\n", "cpu.weight", 1 },
	};
	char path[PATH_MAX], other[PATH_MAX];

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(journal_done) struct journal j = { 0 };

		path_of(rows[i].file, path, sizeof(path));
		path_of(rows[i].other, other, sizeof(other));
		put(path, rows[i].old);
		put(other, "512\n");
		is_int(journal_keep(&j, path, "1"), 0, "%s of %s", rows[i].file, rows[i].old);
		is_int(j.n, rows[i].n, "  entries");
		if (j.n == 2)
			is_str(j.entries[0].path, other, "  the other first: it is put back last");
		unlink(path);
		unlink(other);
	}
}

static void test_restore(void)
{
	rl_auto(journal_done) struct journal j = { 0 };
	char path[PATH_MAX], text[32] = "";

	path_of("pids.max", path, sizeof(path));
	put(path, "11\n");
	for (int i = 0; i < 40; i++)
		journal_keep(&j, path, "22");
	is_int(j.n, 40, "many entries");
	put(path, "22\n");
	journal_keep(&j, path, "33");
	put(path, "33\n");
	journal_cut(&j, 40);
	journal_restore(&j);
	fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	is_str(text, "11\n", "the oldest value is the last that is written");
	is_int(j.n, 0, "and then the journal is empty");
	unlink(path);
	is_int(journal_keep(&j, path, "1"), 0, "a file that is not there");
	is_int(j.n, 0, "has nothing to keep");
}

int main(void)
{
	if (!mkdtemp(dir)) {
		ok(false, "the test can make a directory");
		return tap_done();
	}
	test_texts();
	test_others();
	test_restore();
	ok(rmdir(dir) == 0, "nothing is left");
	return tap_done();
}
