/* SPDX-License-Identifier: Apache-2.0 */
/* Making, filling and entering a cgroup, for real. Needs root. */
#include "tests/unit/cgroup-box.h"

/* Whether null may be used and made, and tun neither made. */
static void device_payload(int out)
{
	char path[128], verdict[5] = "    ";
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	verdict[0] = fd >= 0 ? 'o' : 'x';
	snprintf(path, sizeof(path), "/tmp/%s-%d", top, (int)getpid());
	verdict[1] = mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0 ? 'o' : 'x';
	unlink(path);
	verdict[2] = mknod(path, S_IFCHR | 0600, makedev(10, 200)) == 0 ? 'o' : 'x';
	unlink(path);
	verdict[3] = mknod(path, S_IFBLK | 0600, makedev(8, 0)) == 0 ? 'o' : 'x';
	unlink(path);
	if (write(out, verdict, 4) != 4)
		_exit(1);
	_exit(0);
}

static void test_life(void)
{
	rl_auto(box_done) struct box b = { 0 }, second = { 0 };
	char path[64], text[4096] = "", cpus[256] = "", want[64];
	struct inside in;
	size_t lines = 0;

	if (!box_init(&b, "life/leaf", ""))
		return;
	snprintf(path, sizeof(path), "/%s/life/leaf", top);
	is_int(count_existing(&b), 0, "nothing is there before");
	is_str(b.record.dirs[0].stop, host.h[0].mount, "all of the path is ours");
	is_int(create(&b), 0, "create: %s", b.line);
	is_int(count_existing(&b), host.n, "made in each hierarchy");
	FLAT_EACH(b.f.data, b.p.dirs, const struct cgroup_dir, d)
		lines += d->made == 3 && (d->v2 ? d->dir_fd >= 0 && d->enter_fd < 0 :
						  d->dir_fd < 0 && d->enter_fd >= 0);
	is_int(lines, host.n, "made counts, and the descriptors are open");
	if (dir_of(&b, "cpuset") && !cgroupfs_find(&host, "cpuset")->v2) {
		read_file(dir_of(&b, "cpuset"), "cpuset.cpus", cpus, sizeof(cpus));
		ok(cpus[0], "the cpuset is that of its parent: %s", cpus);
	}
	is_int(limits(&b), 0, "limits: %s", b.line);

	in = enter_and_wait(&b);
	snprintf(want, sizeof(want), "/proc/%d/cgroup", (int)in.pid);
	fdio_read_at(AT_FDCWD, want, text, sizeof(text));
	lines = 0;
	for (char *p = text; (p = strstr(p, path)); p++)
		lines++;
	is_int(lines, host.n, "it is in the cgroup of each hierarchy");
	if (lines != host.n)
		printf("# %s\n", text);

	ok(box_init(&second, "life/leaf", ""), "a second container, same path");
	is_int(create(&second), -EBUSY, "is refused");
	ok(strstr(second.line, "has processes"), "because of the process: %s", second.line);
	is_int(count_existing(&b), host.n, "and nothing of the first is gone");
	ok(kill(in.pid, 0) == 0, "nor its process");

	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	ok(WTERMSIG(leave(&in)) == SIGKILL, "it was killed");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(count_existing(&b), 0, "nothing is there after");
	is_int(remove_all(&b), 0, "removing what is gone is fine");
	is_int(kill_with(&b, SIGKILL), 0, "killing too");
	is_int(kill_with(&b, SIGTERM), 0, "with any signal");
}

/* A file that need not be there, and two files for one limit. */
static void test_flags(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct cgroup_write w[3];
	flat_str none;

	if (!cgroupfs_find(&host, "pids") ||
	    !box_init(&b, "flags", "\"pids\":{\"limit\":77},\"devices\":[]")) {
		skip("needs pids");
		return;
	}
	w[0] = w[1] = w[2] = *(const struct cgroup_write *)flat_get(b.f.data, b.p.writes.off);
	none = flat_add_str(&b.f, "pids.none");
	w[2].value = flat_add_str(&b.f, "88");
	is_int(create(&b), 0, "create: %s", b.line);

	w[0].file = none;
	b.p.writes = flat_add_list(&b.f, w, 2, sizeof(w[0]));
	is_int(limits(&b), -ENOENT, "a file that is not there");
	w[0].flags = CGROUP_WRITE_IF_THERE;
	b.p.writes = flat_add_list(&b.f, w, 2, sizeof(w[0]));
	is_int(limits(&b), 0, "and need not be: %s", b.line);
	is_value(&b, "pids", "pids.max", "77");
	w[0].flags = CGROUP_WRITE_OR_NEXT;
	w[1] = w[2];
	b.p.writes = flat_add_list(&b.f, w, 2, sizeof(w[0]));
	is_int(limits(&b), 0, "or another instead: %s", b.line);
	is_value(&b, "pids", "pids.max", "88");
	w[1].file = none;
	b.p.writes = flat_add_list(&b.f, w, 2, sizeof(w[0]));
	is_int(limits(&b), -ENOENT, "one of the two must be");

	w[0].file = w[2].file;
	w[1] = w[2];
	w[1].flags = CGROUP_WRITE_OR_NEXT;
	b.p.writes = flat_add_list(&b.f, w, 3, sizeof(w[0]));
	is_int(limits(&b), 0, "the first is there: %s", b.line);
	is_value(&b, "pids", "pids.max", "77");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_limits(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char list[4096] = "";

	if (!cgroupfs_find(&host, "memory") || !cgroupfs_find(&host, "pids") ||
	    !cgroupfs_find(&host, "cpu") || !cgroupfs_find(&host, "cpuset") ||
	    cgroupfs_find(&host, "memory")->v2) {
		skip("needs memory, pids, cpu and cpuset in v1");
		return;
	}
	if (!box_init(
		    &b, "limits",
		    "\"memory\":{\"limit\":67108864,\"swap\":134217728,\"reservation\":33554432},"
		    "\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":200000,\"cpus\":\"0\",\"mems\":\"0\"},"
		    "\"pids\":{\"limit\":77},"
		    "\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		    "{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rw\"}]"))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	is_int(limits(&b), 0, "limits: %s", b.line);
	is_value(&b, "memory", "memory.limit_in_bytes", "67108864");
	is_value(&b, "memory", "memory.memsw.limit_in_bytes", "134217728");
	is_value(&b, "memory", "memory.soft_limit_in_bytes", "33554432");
	is_value(&b, "cpu", "cpu.shares", "512");
	is_value(&b, "cpu", "cpu.cfs_quota_us", "50000");
	is_value(&b, "cpu", "cpu.cfs_period_us", "200000");
	is_value(&b, "cpuset", "cpuset.cpus", "0");
	is_value(&b, "pids", "pids.max", "77");
	if (dir_of(&b, "devices")) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/devices.list", dir_of(&b, "devices"));
		fdio_read_at(AT_FDCWD, path, list, sizeof(list));
		is_str(list,
		       "c 1:3 rwm\nc 1:5 rwm\nc 1:7 rwm\nc 1:8 rwm\nc 1:9 rwm\nc 5:0 rwm\nc 5:1 rwm\n"
		       "c 5:2 rwm\nc 136:* rwm\nc 10:229 rw\n",
		       "devices.list");
	}
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* A cgroup that has limits gets others: v1 minds the order of memory and memory with swap. */
static void test_limits_again(void)
{
	static const struct {
		const char *json, *limit, *both;
	} rows[] = {
		{ "\"memory\":{\"limit\":67108864,\"swap\":67108864}", "67108864", "67108864" },
		{ "\"memory\":{\"limit\":134217728,\"swap\":134217728}", "134217728", "134217728" },
		{ "\"memory\":{\"limit\":33554432,\"swap\":33554432}", "33554432", "33554432" },
		{ "\"memory\":{\"limit\":33554432,\"swap\":-1}", "33554432",
		  "9223372036854771712" },
	};
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&host, "memory");
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/memory.memsw.limit_in_bytes", h ? h->mount : "");
	if (!h || h->v2 || access(file, F_OK) < 0) {
		skip("needs memory and swap limits of v1");
		return;
	}
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(box_done) struct box b = { 0 };

		if (!box_init(&b, "again", rows[i].json))
			return;
		is_int(create(&b), 0, "create: %s", b.line);
		is_int(limits(&b), 0, "limits: %s", b.line);
		is_value(&b, "memory", "memory.limit_in_bytes", rows[i].limit);
		is_value(&b, "memory", "memory.memsw.limit_in_bytes", rows[i].both);
		/* It is left there, and so is one that existed before to the next; see clean_up().
		 */
	}
}

static void test_limit_fails(void)
{
	rl_auto(box_done) struct box b = { 0 };

	if (!cgroupfs_find(&host, "cpuset")) {
		skip("no cpuset controller here");
		return;
	}
	if (!box_init(&b, "fails", "\"cpu\":{\"cpus\":\"1000-1001\"}"))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	ok(limits(&b) < 0, "a limit that the kernel refuses");
	ok(strstr(b.line, "config.json: linux.resources.cpu.cpus: write \"1000-1001\" to /"),
	   "names member, value and file: %s", b.line);
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_devices(const struct cgroupfs *fs, const char *name)
{
	rl_auto(box_done) struct box b = { 0 };
	char verdict[5] = "    ";
	struct inside in;
	int r;

	if (!box_init_on(&b, fs, name, "\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]"))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	r = limits(&b);
	if (r == -EPERM && fs == &only_v2) {
		skip("bpf(2) is not allowed here");
		remove_all(&b);
		return;
	}
	is_int(r, 0, "limits: %s", b.line);
	in = enter(&b, device_payload);
	if (read(in.from, verdict, 4) != 4)
		ok(false, "the process says what it may do");
	is_str(verdict, "ooxx", "%s: null may be opened and made, tun and sda not made", name);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_frozen(void)
{
	rl_auto(box_done) struct box b = { 0 }, other = { 0 }, below = { 0 };
	const char *dir;
	struct inside in;

	if (!cgroupfs_find(&host, "freezer")) {
		skip("no freezer of v1 here");
		return;
	}
	if (!box_init(&b, "frozen", ""))
		return;
	dir = dir_of(&b, "freezer");
	is_int(create(&b), 0, "create: %s", b.line);
	in = enter_and_wait(&b);
	ok(!cgroup_is_frozen(&b.record), "not frozen");
	put(dir, "freezer.state", "FROZEN");
	ok(cgroup_is_frozen(&b.record), "frozen");
	if (box_init(&other, "frozen", ""))
		is_int(create(&other), -EBUSY, "a frozen one is refused");
	ok(strstr(other.line, "is frozen") || strstr(other.line, "has processes"), "and why: %s",
	   other.line);
	if (box_init(&below, "frozen/below", ""))
		is_int(create(&below), -EBUSY, "so is one below it");
	ok(strstr(below.line, "is frozen"), "and why: %s", below.line);
	is_int(count_existing(&below), 0, "it is not left behind");
	is_int(kill_with(&b, SIGKILL), 0, "what is frozen is killed: %s", b.line);
	ok(WTERMSIG(leave(&in)) == SIGKILL, "by the signal");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_frozen_empty(void)
{
	rl_auto(box_done) struct box b = { 0 }, other = { 0 };

	if (!cgroupfs_find(&host, "freezer") || !box_init(&b, "ice", ""))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	cgroup_close(b.f.data, &b.p);
	put(dir_of(&b, "freezer"), "freezer.state", "FROZEN");
	if (box_init(&other, "ice", ""))
		is_int(create(&other), -EBUSY, "an empty frozen one is refused");
	ok(strstr(other.line, "is frozen"), "and why: %s", other.line);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* The last hierarchy fails: what was made in the others goes away at once. */
static void test_create_fails(void)
{
	struct cgroupfs fs = host;
	rl_auto(box_done) struct box b = { 0 };
	char plain[] = "/tmp/rundlet-unit-XXXXXX", inside[128];

	if (!mkdtemp(plain)) {
		ok(false, "the test can make a directory");
		return;
	}
	snprintf(fs.h[fs.n - 1].mount, sizeof(fs.h[0].mount), "%s", plain);
	if (box_init_on(&b, &fs, "undo/leaf", "")) {
		is_int(create(&b), -ENODEV, "a mount point without a cgroup file system");
		ok(strstr(b.line, plain), "is named: %s", b.line);
		is_int(count_existing(&b), 0, "nothing is left in the others");
		snprintf(inside, sizeof(inside), "%s/%s", plain, top);
		ok(access(inside, F_OK) < 0, "nor made there");
	}
	rmdir(plain);
}

/* A path through a file of the kernel's: what was made above it goes away. */
static void test_create_fails_midway(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char above[PATH_MAX];

	if (!box_init(&b, "half/cgroup.procs/leaf", ""))
		return;
	is_int(create(&b), -ENOTDIR, "a name that the kernel uses");
	ok(strstr(b.line, "half/cgroup.procs"), "is named: %s", b.line);
	snprintf(above, sizeof(above), "%s/%s/half", host.h[0].mount, top);
	ok(access(above, F_OK) < 0, "nothing is left above it");
}

static void test_all(void)
{
	test_life();
	test_flags();
	test_limits();
	test_limits_again();
	test_limit_fails();
	if (cgroupfs_find(&host, "devices"))
		test_devices(&host, "devices-v1");
	if (only_v2.n)
		test_devices(&only_v2, "devices-v2");
	test_frozen();
	test_frozen_empty();
	test_create_fails();
	test_create_fails_midway();
}

int main(void)
{
	return box_main(test_all);
}
