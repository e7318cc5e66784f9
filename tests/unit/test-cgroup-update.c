/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the limits of a cgroup in use, for real: all of them or none. Needs root. */
#include "tests/unit/cgroup-box.h"

#define MIB (1 << 20)

static bool has_v1(const char *controller)
{
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&host, controller);

	return h && !h->v2;
}

static bool has_all(void)
{
	if (has_v1("memory") && has_v1("pids") && has_v1("cpu") && has_v1("cpuset"))
		return true;
	skip("needs memory, pids, cpu and cpuset in v1");
	return false;
}

/* --- one update --- */

static int plan_on(struct box *b, const struct cgroupfs *fs, const struct cgroup_record *rec,
		   const char *resources, struct cgroup_update *c)
{
	struct oci_error oe;
	struct oci_doc doc;
	int r;

	if (oci_load(&oci_resources_table, resources, strlen(resources), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return -EINVAL;
	}
	r = say(b, cgroup_update_plan(NULL, doc.root, fs, rec, c, &b->e));
	oci_done(&doc);
	return r;
}

static int plan(struct box *b, const char *resources, struct cgroup_update *c)
{
	return plan_on(b, &host, &b->record, resources, c);
}

static int apply(struct box *b, struct cgroup_update *c)
{
	return say(b, cgroup_update_apply(c, &b->e));
}

static int update(struct box *b, const char *resources)
{
	rl_auto(cgroup_update_done) struct cgroup_update c = { 0 };
	int r = plan(b, resources, &c);

	return r < 0 ? r : apply(b, &c);
}

/* The index in the plan of the directory that has the controller. */
static uint32_t dir_index(const struct cgroup_update *c, const struct box *b,
			  const char *controller)
{
	const struct cgroup_dir *d = flat_get(c->f.data, c->p.dirs.off);
	char path[PATH_MAX];
	uint32_t i = 0;

	/* a box of one hierarchy */
	if (b->record.n == 1)
		return 0;
	for (; i < c->p.dirs.n; i++) {
		snprintf(path, sizeof(path), "%s%s", flat_get_str(c->f.data, d[i].mount),
			 flat_get_str(c->f.data, d[i].path));
		if (!strcmp(path, dir_of(b, controller)))
			break;
	}
	return i;
}

/* Insert a write into the plan, before the one at this place. */
static void insert(struct cgroup_update *c, const struct box *b, size_t place,
		   const char *controller, const char *file, const char *value, uint32_t flags)
{
	struct cgroup_write w[32];
	size_t n = c->p.writes.n;

	if (n)
		memcpy(w, flat_get(c->f.data, c->p.writes.off), n * sizeof(w[0]));
	memmove(&w[place + 1], &w[place], (n - place) * sizeof(w[0]));
	w[place] = (struct cgroup_write){
		.dir = dir_index(c, b, controller),
		.flags = flags,
		.file = flat_add_str(&c->f, file),
		.value = flat_add_str(&c->f, value),
		.where = flat_add_str(&c->f, "linux.resources.test"),
	};
	c->p.writes = flat_add_list(&c->f, w, n + 1, sizeof(w[0]));
}

static void append(struct cgroup_update *c, const struct box *b, const char *controller,
		   const char *file, const char *value)
{
	insert(c, b, c->p.writes.n, controller, file, value, 0);
}

/* --- a cgroup --- */

/* What the cgroups of these tests have to begin with. */
static const char first[] =
	"\"memory\":{\"limit\":67108864,\"swap\":134217728,\"reservation\":33554432},"
	"\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":200000,"
	"\"mems\":\"0\"},"
	"\"pids\":{\"limit\":77}";

static char first_cpus[256]; /* and the CPUs of the cgroup above */

static bool make(struct box *b, const char *name, const char *resources)
{
	int r;

	if (!box_init(b, name, resources))
		return false;
	r = create(b);
	if (r == 0)
		r = say(b, limits_apply(b->f.data, &b->p, &b->e));
	cgroup_close(b->f.data, &b->p);
	if (has_v1("cpuset"))
		read_file(dir_of(b, "cpuset"), "cpuset.cpus", first_cpus, sizeof(first_cpus));
	return ok(r == 0, "a cgroup with limits: %s", b->line);
}

static void has_first(const struct box *b)
{
	is_value(b, "memory", "memory.limit_in_bytes", "67108864");
	is_value(b, "memory", "memory.memsw.limit_in_bytes", "134217728");
	is_value(b, "memory", "memory.soft_limit_in_bytes", "33554432");
	is_value(b, "cpu", "cpu.shares", "512");
	is_value(b, "cpu", "cpu.cfs_quota_us", "50000");
	is_value(b, "cpu", "cpu.cfs_period_us", "200000");
	is_value(b, "cpuset", "cpuset.cpus", first_cpus);
	is_value(b, "cpuset", "cpuset.mems", "0");
	is_value(b, "pids", "pids.max", "77");
}

/* --- the tests --- */

static void test_one_by_one(void)
{
	static const struct {
		const char *resources, *controller, *file, *want;
	} rows[] = {
		{ "{}", "pids", "pids.max", "77" },
		{ "{\"pids\":{\"limit\":5}}", "pids", "pids.max", "5" },
		{ "{\"pids\":{\"limit\":-1}}", "pids", "pids.max", "max" },
		{ "{\"cpu\":{\"shares\":3000}}", "cpu", "cpu.shares", "3000" },
		{ "{\"cpu\":{\"quota\":60000}}", "cpu", "cpu.cfs_quota_us", "60000" },
		{ "{\"cpu\":{\"period\":100000}}", "cpu", "cpu.cfs_period_us", "100000" },
		{ "{\"cpu\":{\"quota\":-1}}", "cpu", "cpu.cfs_quota_us", "-1" },
		{ "{\"memory\":{\"reservation\":16777216}}", "memory", "memory.soft_limit_in_bytes",
		  "16777216" },
		{ "{\"memory\":{\"limit\":33554432}}", "memory", "memory.limit_in_bytes",
		  "33554432" },
		{ "{\"memory\":{\"limit\":33554432,\"swap\":33554432}}", "memory",
		  "memory.memsw.limit_in_bytes", "33554432" },
		{ "{\"memory\":{\"limit\":268435456,\"swap\":-1}}", "memory",
		  "memory.limit_in_bytes", "268435456" },
	};
	rl_auto(box_done) struct box b = { 0 };

	if (!has_all() || !make(&b, "one", first))
		return;
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		is_int(update(&b, rows[i].resources), 0, "%s %s", rows[i].resources, b.line);
		is_value(&b, rows[i].controller, rows[i].file, rows[i].want);
	}
	is_value(&b, "cpuset", "cpuset.cpus", first_cpus);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* Whichever write fails, those before it are taken back, in an order that the kernel accepts. */
static void test_all_or_none(void)
{
	static const char *const other[] = {
		/* up and down: v1 minds the order of memory and memory with swap */
		"{\"memory\":{\"limit\":268435456,\"swap\":268435456,\"reservation\":1048576},"
		"\"cpu\":{\"shares\":1000,\"quota\":300000,\"period\":400000,\"cpus\":\"0\"},"
		"\"pids\":{\"limit\":5}}",
		"{\"memory\":{\"limit\":33554432,\"swap\":33554432},"
		"\"cpu\":{\"quota\":-1,\"period\":50000},\"pids\":{\"limit\":-1}}",
	};
	rl_auto(box_done) struct box b = { 0 };

	if (!has_all() || !make(&b, "all", first))
		return;
	for (size_t i = 0; i < RL_COUNT(other); i++) {
		size_t n = 1;

		for (size_t place = 0; place <= n; place++) {
			rl_auto(cgroup_update_done) struct cgroup_update c = { 0 };

			is_int(plan(&b, other[i], &c), 0, "plan: %s", b.line);
			n = c.p.writes.n;
			insert(&c, &b, place, "pids", "pids.none", "1", 0);
			is_int(apply(&b, &c), -ENOENT, "write %zu of %zu fails", place, n);
			ok(strstr(b.line, "pids.none"), "and is named: %s", b.line);
			has_first(&b);
		}
	}
	is_int(update(&b, other[0]), 0, "without that it can be done: %s", b.line);
	is_value(&b, "memory", "memory.memsw.limit_in_bytes", "268435456");
	is_value(&b, "pids", "pids.max", "5");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* What the kernel refuses comes behind good changes. */
static void test_refused_by_the_kernel(void)
{
	static const struct {
		const char *resources, *words, *hint;
	} rows[] = {
		{ "{\"pids\":{\"limit\":5},\"cpu\":{\"shares\":9,\"cpus\":\"1000\"}}",
		  "linux.resources.cpu.cpus: write \"1000\" to ",
		  "does not have all of these CPUs" },
		{ "{\"pids\":{\"limit\":5},\"cpu\":{\"shares\":9,\"mems\":\"63\"}}",
		  "linux.resources.cpu.mems: write \"63\" to ", "memory nodes" },
		{ "{\"cpu\":{\"shares\":9,\"quota\":1}}",
		  "linux.resources.cpu.quota: write \"1\" to ", "at least 1000" },
		{ "{\"cpu\":{\"shares\":9,\"period\":1}}",
		  "linux.resources.cpu.period: write \"1\" to ", "1000 to 1000000" },
	};
	rl_auto(box_done) struct box b = { 0 };

	if (!has_all() || !make(&b, "kernel", first))
		return;
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(cgroup_update_done) struct cgroup_update c = { 0 };
		int r = plan(&b, rows[i].resources, &c);

		is_int(r, 0, "plan %s: %s", rows[i].resources, b.line);
		r = cgroup_update_apply(&c, &b.e);
		ok(r < 0 && strstr(b.e.hint, rows[i].hint), "  refused, with the hint: %s",
		   b.e.hint);
		say(&b, r);
		ok(strstr(b.line, rows[i].words), "  and named: %s", b.line);
		has_first(&b);
	}
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* v1 refuses a limit of memory below what cannot be reclaimed. */
static void memory_payload(int out)
{
	char *m = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (m == MAP_FAILED || mlock(m, 16 * MIB) < 0)
		_exit(1);
	wait_payload(out);
}

static void test_usage(void)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_auto(cgroup_update_done) struct cgroup_update c = { 0 }, enough = { 0 };
	struct inside in;
	char word = 0;

	if (!has_all() || !box_init(&b, "usage", first))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	is_int(say(&b, limits_apply(b.f.data, &b.p, &b.e)), 0, "limits: %s", b.line);
	in = enter(&b, memory_payload);
	ok(read(in.from, &word, 1) == 1, "a process that uses 16 MiB");

	is_int(update(&b, "{\"pids\":{\"limit\":5},\"memory\":{\"limit\":4194304}}"), -EBUSY,
	       "v1 refuses less");
	ok(strstr(b.line, "linux.resources.memory.limit: write \"4194304\""), "by name: %s",
	   b.line);
	has_first(&b);

	/* With the flag it is found without the kernel, which would reclaim first. */
	plan(&b, "{\"pids\":{\"limit\":5}}", &c);
	insert(&c, &b, 1, "memory", "memory.limit_in_bytes", "4194304",
	       CGROUP_WRITE_NOT_BELOW_USAGE);
	is_int(apply(&b, &c), -EBUSY, "less than is in use");
	ok(strstr(b.line, " bytes are in use"), "tells how much is: %s", b.line);
	has_first(&b);

	plan(&b, "{\"pids\":{\"limit\":5}}", &enough);
	insert(&enough, &b, 1, "memory", "memory.limit_in_bytes", "50331648",
	       CGROUP_WRITE_NOT_BELOW_USAGE);
	is_int(apply(&b, &enough), 0, "more than is in use: %s", b.line);
	is_value(&b, "memory", "memory.limit_in_bytes", "50331648");
	is_value(&b, "pids", "pids.max", "5");
	kill(in.pid, SIGKILL);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* Files that are not planned yet: what was written is taken back. */
static void test_other_files(void)
{
	static const struct {
		const char *controller, *file, *value;
	} rows[] = {
		{ "memory", "memory.swappiness", "7" },
		{ "memory", "memory.oom_control", "1" },
		{ "memory", "memory.kmem.tcp.limit_in_bytes", "4194304" },
		{ "cpu", "cpu.cfs_burst_us", "10000" },
		{ "cpu", "cpu.idle", "1" },
		{ "blkio", "blkio.bfq.weight", "200" },
	};
	rl_auto(box_done) struct box b = { 0 };

	if (!has_all() || !make(&b, "other", first))
		return;
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(cgroup_update_done) struct cgroup_update c = { 0 };
		char before[256] = "", after[256] = "";
		const char *dir = dir_of(&b, rows[i].controller);

		if (!dir || !read_file(dir, rows[i].file, before, sizeof(before))) {
			skip("no %s here", rows[i].file);
			continue;
		}
		plan(&b, "{}", &c);
		append(&c, &b, rows[i].controller, rows[i].file, rows[i].value);
		append(&c, &b, "pids", "pids.none", "1");
		is_int(apply(&b, &c), -ENOENT, "%s", rows[i].file);
		read_file(dir, rows[i].file, after, sizeof(after));
		is_str(after, before, "  is as it was");
		c.p.writes.n = 1;
		is_int(apply(&b, &c), 0, "  without the failure: %s", b.line);
		read_file(dir, rows[i].file, after, sizeof(after));
		ok(strcmp(after, before) != 0, "  it is changed: %s", after);
		put(dir, rows[i].file, strstr(rows[i].file, "oom") ? "0" : before);
	}
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* A cgroup that was idle for a moment has other shares, but for the journal. */
static void test_idle(void)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_auto(cgroup_update_done) struct cgroup_update c = { 0 };
	char text[16];

	if (!has_all() || !make(&b, "idle", first))
		return;
	if (!read_file(dir_of(&b, "cpu"), "cpu.idle", text, sizeof(text))) {
		skip("no cpu.idle here");
		return;
	}
	plan(&b, "{}", &c);
	append(&c, &b, "cpu", "cpu.idle", "1");
	append(&c, &b, "pids", "pids.none", "1");
	is_int(apply(&b, &c), -ENOENT, "cpu.idle, and a failure");
	is_value(&b, "cpu", "cpu.idle", "0");
	has_first(&b);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_records(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct cgroup_record_dir root = { .path = host.h[0].mount, .stop = host.h[0].mount };
	struct cgroup_record none = { 0 }, wrong = { .dirs = &root, .n = 1 };
	struct cgroup_update c[3] = { 0 };

	if (!make(&b, "records", ""))
		return;
	is_int(plan_on(&b, &host, &none, "{}", &c[0]), -EOPNOTSUPP, "no cgroup: %s", b.line);
	is_int(plan_on(&b, &host, &wrong, "{}", &c[1]), -EBUSY, "a hierarchy's root: %s", b.line);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(plan(&b, "{}", &c[2]), -ENOENT, "one that is gone: %s", b.line);
	for (size_t i = 0; i < RL_COUNT(c); i++)
		cgroup_update_done(&c[i]);
}

/* --- v2 --- */

/* The first line of a file. */
static void has_line(const char *dir, const char *file, const char *want)
{
	char text[256] = "(none)";

	read_file(dir, file, text, sizeof(text));
	is_str(text, want, "%s: %s", file, want);
}

/* hugetlb, which this host's v2 has, is enabled in the cgroups above, and disabled again. */
static void test_enable(void)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_auto(cgroup_update_done) struct cgroup_update c = { 0 };
	char above[PATH_MAX];
	char parent[PATH_MAX + 4];
	const char *leaf;
	flat_str words;

	if (!only_v2.n || !strstr(only_v2.h[0].controllers, "hugetlb") ||
	    !box_init_on(&b, &only_v2, "enable/x/leaf", "")) {
		skip("no hugetlb in v2 here");
		return;
	}
	is_int(create(&b), 0, "create: %s", b.line);
	cgroup_close(b.f.data, &b.p);
	leaf = b.record.dirs[0].path;
	snprintf(above, sizeof(above), "%s", leaf);
	*strrchr(above, '/') = 0;
	/* As a container has it whose creator could not enable it. */
	put(above, "cgroup.subtree_control", "-hugetlb");
	snprintf(parent, sizeof(parent), "%s/..", above);
	put(parent, "cgroup.subtree_control", "-hugetlb");
	has_line(leaf, "cgroup.controllers", "");
	has_line(above, "cgroup.controllers", "");

	is_int(plan_on(&b, &only_v2, &b.record, "{}", &c), 0, "plan: %s", b.line);
	words = flat_add_str(&c.f, "+hugetlb");
	((struct cgroup_dir *)flat_ptr(&c.f, c.p.dirs.off))->enable = words;
	append(&c, &b, "hugetlb", "hugetlb.none", "0");
	is_int(apply(&b, &c), -ENOENT, "a limit fails");
	has_line(leaf, "cgroup.controllers", "");
	has_line(above, "cgroup.controllers", "");
	c.p.writes.n = 0;
	append(&c, &b, "hugetlb", "hugetlb.2MB.max", "4194304");
	is_int(apply(&b, &c), 0, "one that does not: %s", b.line);
	has_line(leaf, "cgroup.controllers", "hugetlb");
	has_line(leaf, "hugetlb.2MB.max", "4194304");
	is_int(apply(&b, &c), 0, "once more: %s", b.line);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_all(void)
{
	test_one_by_one();
	test_all_or_none();
	test_refused_by_the_kernel();
	test_usage();
	test_other_files();
	test_idle();
	test_records();
	test_enable();
}

int main(void)
{
	return box_main(test_all);
}
