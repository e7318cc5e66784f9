/* SPDX-License-Identifier: Apache-2.0 */
/* Which limits are in force in a cgroup: on v1 for real, which needs root; on v2 from files. */
#include "cgroup/limits/cgroup-now.h"
#include "tests/unit/cgroup-box.h"

static void test_now(void)
{
	rl_auto(box_done) struct box b = { 0 }, plain = { 0 };
	const char *dirs[CGROUPFS_MAX];
	struct cgroup_now now;

	if (!cgroupfs_find(&host, "memory") || cgroupfs_find(&host, "memory")->v2 ||
	    !cgroupfs_find(&host, "cpu")) {
		skip("needs memory and cpu in v1");
		return;
	}
	if (!box_init(&b, "now",
		      "\"memory\":{\"limit\":67108864,\"swap\":134217728},"
		      "\"cpu\":{\"quota\":50000,\"period\":200000}") ||
	    !box_init(&plain, "new", ""))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	is_int(say(&b, limits_apply(b.f.data, &b.p, &b.e)), 0, "limits: %s", b.line);
	is_int(create(&plain), 0, "one without limits: %s", plain.line);
	for (size_t i = 0; i < b.record.n; i++)
		dirs[i] = b.record.dirs[i].path;
	is_int(say(&b, cgroup_now_read(&host, dirs, &now, &b.e)), 0, "read it: %s", b.line);
	is_int(now.memory, 67108864, "memory");
	is_int(now.memory_swap, 134217728, "memory and swap");
	is_int(now.cpu_quota, 50000, "quota");
	is_int(now.cpu_period, 200000, "period");
	is_int(now.cpu_burst, 0, "burst");
	ok(!now.cpu_idle, "idle");
	for (size_t i = 0; i < b.record.n; i++)
		dirs[i] = plain.record.dirs[i].path;
	is_int(say(&b, cgroup_now_read(&host, dirs, &now, &b.e)), 0, "a new one: %s", b.line);
	is_int(now.memory, -1, "no limit of memory");
	is_int(now.memory_swap, -1, "nor of memory and swap");
	is_int(now.cpu_quota, -1, "nor quota");
	is_int(now.cpu_period, 100000, "the period is the kernel's");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(remove_all(&plain), 0, "remove: %s", b.line);
}

static void put_file(const char *dir, const char *file, const char *text)
{
	rl_autoclose int fd = -EBADF;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fdio_write_full(fd, text, strlen(text)) < 0)
		ok(false, "the test can make %s", path);
}

/* The texts of v2, where this host has none: files in a directory. */
static void test_now_v2(void)
{
	static const struct {
		const char *file, *text;
	} files[] = {
		{ "memory.max", "1048576\n" },  { "memory.swap.max", "4096\n" },
		{ "cpu.max", "20000 50000\n" }, { "cpu.max.burst", "300\n" },
		{ "cpu.idle", "1\n" },
	};
	struct cgroupfs fs = { CGROUPFS_V2, 1, { { true, "/x", "memory,cpu", "/" } } };
	char dir[] = "/tmp/rundlet-unit-XXXXXX", path[PATH_MAX];
	const char *const dirs[] = { dir };
	struct rl_err e = RL_ERR_INIT;
	struct cgroup_now now;

	if (!ok(mkdtemp(dir) != NULL, "the test can make a directory"))
		return;
	is_int(cgroup_now_read(&fs, dirs, &now, &e), 0, "controllers that are not enabled");
	ok(now.memory == -1 && now.memory_swap == -1 && now.cpu_quota == -1 && !now.cpu_period,
	   "limit nothing");
	for (size_t i = 0; i < RL_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].file);
		ok(mkdir(path, 0700) == 0, "a cgroup of the payload has the name %s",
		   files[i].file);
	}
	is_int(cgroup_now_read(&fs, dirs, &now, &e), 0, "such cgroups");
	ok(now.memory == -1 && now.memory_swap == -1 && now.cpu_quota == -1 && !now.cpu_period,
	   "limit nothing");
	for (size_t i = 0; i < RL_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].file);
		rmdir(path);
		put_file(dir, files[i].file, files[i].text);
	}
	is_int(cgroup_now_read(&fs, dirs, &now, &e), 0, "v2");
	is_int(now.memory, 1048576, "memory");
	is_int(now.memory_swap, 1048576 + 4096, "memory and swap together");
	is_int(now.cpu_quota, 20000, "quota");
	is_int(now.cpu_period, 50000, "period");
	is_int(now.cpu_burst, 300, "burst");
	ok(now.cpu_idle, "idle");
	put_file(dir, "memory.max", "max\n");
	put_file(dir, "cpu.max", "max 70000\n");
	is_int(cgroup_now_read(&fs, dirs, &now, &e), 0, "without limits");
	ok(now.memory == -1 && now.memory_swap == -1 && now.cpu_quota == -1, "they are -1");
	is_int(now.cpu_period, 70000, "and a period is there");
	for (size_t i = 0; i < RL_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].file);
		unlink(path);
	}
	rmdir(dir);
}

static void test_all(void)
{
	test_now();
	test_now_v2();
}

int main(void)
{
	return box_main(test_all);
}
