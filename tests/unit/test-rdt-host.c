/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, finding, changing and removing groups of resctrl: on a directory that stands for it
 * (os/resctrl-fake.h), which builds with fault points know.
 */
#include "base/auto.h"
#include "cgroup/rdt/rdt.h"
#include "os/fdio.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char tree[] = "/tmp/rundlet-test-rdt-XXXXXX";
static int tree_fd;

#define NEW_SCHEMATA "    L3:0=fffff;1=fffff\n    MB:0= 100;1= 100\n"

static void put(const char *path, const char *text)
{
	char copy[256];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdirat(tree_fd, copy, 0755);
		*slash = '/';
	}
	unlinkat(tree_fd, path, 0);
	fd = openat(tree_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fdio_write_full(fd, text, strlen(text)) < 0)
		ok(false, "the test's own %s", path);
	close(fd);
}

static const char *get(const char *path)
{
	static char text[4096];

	return fdio_read_at(tree_fd, path, text, sizeof(text)) < 0 ? NULL : text;
}

static bool has(const char *path)
{
	return faccessat(tree_fd, path, F_OK, 0) == 0;
}

static void make_tree(void)
{
	put("tasks", "");
	put("schemata", NEW_SCHEMATA);
	put("info/last_cmd_status", "ok\n");
	put("info/MB/bandwidth_gran", "10\n");
	put("mon_groups/.new/tasks", "");
	put(".new/tasks", "");
	put(".new/schemata", NEW_SCHEMATA);
	put(".new/mon_groups/.new/tasks", "");
}

/* A plan as rdt-plan.c makes it. NULL: the root group, no monitoring, no write. */
struct made {
	struct flat f;
	struct rdt_plan p;
	struct rdt_record rec;
	struct rl_err e;
	int r;
};

static void plan(struct made *m, const char *group, const char *monitor, const char *first,
		 const char *second)
{
	struct rdt_write w[] = { { 0 }, { 0 } };
	size_t n = 0;

	*m = (struct made){ .e = RL_ERR_INIT };
	flat_init(&m->f, 8);
	for (const char *const *t = (const char *const[]){ first, second, NULL }; *t; t++)
		w[n++] = (struct rdt_write){ flat_add_str(&m->f, *t),
					     flat_add_str(&m->f, "linux.intelRdt.schemata") };
	m->p = (struct rdt_plan){
		.mount = flat_add_str(&m->f, tree),
		.group = flat_add_str(&m->f, group),
		.dir = flat_add_fmt(&m->f, "%s%s%s", tree, group ? "/" : "", group ? group : ""),
		.where = flat_add_str(&m->f, "linux.intelRdt.closID"),
		.monitor = flat_add_str(&m->f, monitor),
		.monitor_dir = monitor ?
				       flat_add_fmt(&m->f, "%s%s%s/mon_groups/%s", tree,
						    group ? "/" : "", group ? group : "", monitor) :
				       0,
		.writes = flat_add_list(&m->f, w, n, sizeof(w[0])),
		.made = -1,
		.monitor_made = -1,
		.tasks_fd = -1,
		.monitor_fd = -1,
	};
}

/* What create does: the record first. */
static int create(struct made *m)
{
	struct rdt_record after = { 0 };

	rdt_record_make(m->f.data, &m->p, &m->rec);
	m->r = rdt_create(m->f.data, &m->p, m->rec.own, &m->e);
	if (m->r < 0)
		return m->r;
	rdt_record_make(m->f.data, &m->p, &after);
	is_int(after.own, m->rec.own, "  as the record said: the group");
	is_str(after.monitor, m->rec.monitor, "  and the monitoring group");
	rdt_record_done(&after);
	return 0;
}

static void done(struct made *m)
{
	rdt_close(&m->p);
	rdt_record_done(&m->rec);
	flat_done(&m->f);
}

static void test_make(void)
{
	struct made m;

	plan(&m, "web", "web", "L3:0=f\nMB:0=50\n", "L2:0=3\n");
	is_int(create(&m), 0, "a group is made: %s", m.e.what);
	ok(m.rec.own && m.rec.monitor, "and is ours");
	is_str(get("web/schemata"), "L3:0=f\nMB:0=50\nL2:0=3\n", "its shares, in order");
	ok(write(m.p.tasks_fd, "0", 1) == 1 && !strcmp(get("web/tasks"), "0"),
	   "its tasks are open");
	ok(write(m.p.monitor_fd, "0", 1) == 1 && !strcmp(get("web/mon_groups/web/tasks"), "0"),
	   "and those of the monitoring group");
	is_int(rdt_undo(m.f.data, &m.p, &m.e), 0, "undone: %s", m.e.what);
	ok(!has("web"), "it is gone");
	is_int(rdt_undo(m.f.data, &m.p, &m.e), 0, "undone again");
	done(&m);
	plan(&m, "web", NULL, NULL, NULL);
	is_int(create(&m), 0, "without a share");
	is_str(get("web/schemata"), NEW_SCHEMATA, "nothing is written");
	is_int(rdt_remove(&m.rec, false, &m.e), 0, "removed by its record");
	ok(!has("web"), "it is gone");
	is_int(rdt_remove(&m.rec, false, &m.e), 0, "what is gone already is fine");
	done(&m);
}

static void test_find(void)
{
	struct made m;

	put("gold/tasks", "");
	put("gold/schemata", "    L3:0=0000f;1=fffff\n    MB:0=  50;1= 100\n");
	put("gold/mon_groups/.new/tasks", "");
	plan(&m, "gold", NULL, "L3:0=f\n", "MB:0=45\n");
	is_int(create(&m), 0, "a group that fits is taken: %s", m.e.what);
	ok(!m.rec.own && !m.p.made, "and is not ours");
	is_int(rdt_undo(m.f.data, &m.p, &m.e), 0, "undone");
	is_int(rdt_remove(&m.rec, false, &m.e), 0, "and removed");
	ok(has("gold/schemata"), "it stays");
	done(&m);
	plan(&m, "gold", "web", "L3:0=ff\n", NULL);
	is_int(create(&m), -EINVAL, "one that does not fit is refused");
	ok(strstr(m.e.what, "\"0=ff\" is not in force"), "and why: %s", m.e.what);
	ok(strchr(get("gold/schemata"), '5') && !has("gold/mon_groups/web"), "it is not changed");
	done(&m);
	plan(&m, "gold", "web", NULL, NULL);
	is_int(create(&m), 0, "with a monitoring group in it: %s", m.e.what);
	is_int(rdt_remove(&m.rec, false, &m.e), 0, "removed");
	ok(has("gold") && !has("gold/mon_groups/web"), "that goes, the group stays");
	done(&m);
	plan(&m, NULL, "web", "L3:1=fffff\n", NULL);
	is_int(create(&m), 0, "the root group: %s", m.e.what);
	ok(has("mon_groups/web") && !m.rec.own, "can be monitored, and is not ours");
	is_int(rdt_undo(m.f.data, &m.p, &m.e), 0, "undone");
	ok(has("tasks") && !has("mon_groups/web"), "only that is gone");
	done(&m);
}

static void test_missing(void)
{
	struct made m;

	plan(&m, "silver", NULL, NULL, NULL);
	m.p.must_exist = 1;
	is_int(create(&m), -ENOENT, "a group that must exist");
	ok(strstr(m.e.what, "/silver does not exist") && strstr(m.e.hint, "l3CacheSchema"),
	   "%s: %s", m.e.what, m.e.hint);
	ok(!has("silver"), "is not made");
	done(&m);
	plan(&m, "silver", NULL, "L3:0=f\n", NULL);
	is_int(rdt_create(m.f.data, &m.p, false, &m.e), -ENOENT,
	       "one that was there for the record");
	ok(!has("silver") && strstr(m.e.hint, "try again"), "is not made either: %s", m.e.hint);
	done(&m);
	put("gold/mon_groups/web/tasks", "");
	plan(&m, "gold", "web", NULL, NULL);
	is_int(create(&m), -EEXIST, "a monitoring group that is there");
	ok(strstr(m.e.hint, "rmdir") && !m.rec.monitor, "is not ours: %s", m.e.hint);
	is_int(rdt_undo(m.f.data, &m.p, &(struct rl_err)RL_ERR_INIT), 0, "undone");
	ok(has("gold/mon_groups/web"), "it stays");
	done(&m);
	put("old/tasks", "");
	plan(&m, "old", "web", NULL, NULL);
	is_int(create(&m), -ENOENT, "hardware without counters");
	ok(strstr(m.e.hint, "does not monitor"), "says so: %s", m.e.hint);
	done(&m);
}

static void test_refused_write(void)
{
	struct made m;

	unlinkat(tree_fd, ".new/schemata", 0);
	if (symlinkat("/dev/full", tree_fd, ".new/schemata") < 0)
		ok(false, "the test's own symlink");
	put("info/last_cmd_status", "mask f5 has non-consecutive 1-bits\n");
	plan(&m, "web", NULL, "L3:0=f5\n", NULL);
	is_int(create(&m), -ENOSPC, "a write that the kernel refuses");
	ok(strstr(m.e.what, "write \"L3:0=f5\" to ") &&
		   strstr(m.e.what, "/web/schemata (mask f5 has non-consecutive 1-bits)"),
	   "with its reason: %s", m.e.what);
	is_str(m.e.where, "linux.intelRdt.schemata", "and who asked");
	is_int(rdt_undo(m.f.data, &m.p, &(struct rl_err)RL_ERR_INIT), 0, "undone");
	ok(!has("web"), "nothing is left");
	done(&m);
	put("info/last_cmd_status", "ok\n");
	put(".new/schemata", NEW_SCHEMATA);
}

/* The records that delete must not follow. */
static void test_damaged_record(void)
{
	char elsewhere[] = "/tmp/rundlet-test-rdt-other-XXXXXX", path[128], inside[128];
	const char *const group[] = { "gold", "", "/", tree, inside, path, NULL };

	if (!mkdtemp(elsewhere))
		return;
	snprintf(path, sizeof(path), "%s/victim", elsewhere);
	snprintf(inside, sizeof(inside), "%s/gold/mon_groups/web", tree);
	mkdir(path, 0700);
	for (size_t i = 0; group[i]; i++) {
		struct rdt_record rec = { .group = (char *)(uintptr_t)group[i], .own = true };
		struct rl_err e = RL_ERR_INIT;

		is_int(rdt_remove(&rec, false, &e), -EINVAL, "group \"%s\" is refused: %s",
		       group[i], e.what);
	}
	ok(access(path, F_OK) == 0 && has("gold/mon_groups/web"), "and nothing is removed");
	snprintf(inside, sizeof(inside), "%s/gold", tree);
	is_int(rdt_remove(&(struct rdt_record){ .monitor = inside }, false,
			  &(struct rl_err)RL_ERR_INIT),
	       -EINVAL, "a group is no monitoring group");
	snprintf(inside, sizeof(inside), "%s/gold/..", tree);
	is_int(rdt_remove(&(struct rdt_record){ .group = inside, .own = true }, false,
			  &(struct rl_err)RL_ERR_INIT),
	       -EINVAL, "nor is \"..\"");
	is_int(rdt_remove(&(struct rdt_record){ .group = (char *)(uintptr_t) "/gone/gold",
						.own = true },
			  false, &(struct rl_err)RL_ERR_INIT),
	       0, "what does not exist needs no removing");
	rmdir(path);
	rmdir(elsewhere);
}

/* After a create that was killed, the group may be another's. */
static void test_interrupted(void)
{
	struct rl_err e = RL_ERR_INIT;
	char pid[64], path[128];
	struct rdt_record rec = { .group = path, .own = true };
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	snprintf(path, sizeof(path), "%s/late", tree);
	snprintf(pid, sizeof(pid), "0\n%d\n", (int)getpid());
	put("late/tasks", pid);
	is_int(rdt_remove(&rec, true, &e), 0, "a group with a process");
	ok(has("late"), "stays: somebody made it since");
	snprintf(pid, sizeof(pid), "%d\n2147483647\n", (int)child);
	put("late/tasks", pid);
	is_int(rdt_remove(&rec, true, &e), 0, "one with a zombie: %s", e.what);
	ok(!has("late"), "goes");
	waitpid(child, NULL, 0);
	put("late/tasks", "1\n");
	is_int(rdt_remove(&rec, false, &e), 0, "one of a container that was created");
	ok(!has("late"), "goes in any case");
}

static void test_update(void)
{
	char path[128], *old = NULL;
	struct rdt_record rec = { .group = path, .own = true };
	struct rl_err e = RL_ERR_INIT;

	snprintf(path, sizeof(path), "%s/web", tree);
	put("web/schemata", "L3:0=fffff\nMB:0=100\n");
	is_int(rdt_update(&rec, "L3:0=f", "MB:0=20", &old, &e), 0, "changed: %s", e.what);
	is_str(get("web/schemata"), "L3:0=f\nMB:0=20\n", "both in one write");
	is_str(old, "L3:0=fffff\nMB:0=100\n", "what it was");
	is_int(rdt_update_undo(&rec, old, &e), 0, "changed back: %s", e.what);
	is_str(get("web/schemata"), old, "it is as it was");
	free(old);
	old = NULL;
	is_int(rdt_update(&rec, NULL, "MB:0=30", &old, &e), 0, "one of them: %s", e.what);
	is_str(get("web/schemata"), "MB:0=30\n", "is written alone");
	free(old);
	old = NULL;
	is_int(rdt_update(&rec, NULL, "L3:0=f", &old, &e), -EINVAL, "no bandwidth: %s", e.what);
	e = (struct rl_err)RL_ERR_INIT;
	rec.own = false;
	is_int(rdt_update(&rec, "L3:0=f", NULL, &old, &e), -EPERM, "not our group: %s", e.what);
	e = (struct rl_err)RL_ERR_INIT;
	is_int(rdt_update(&(struct rdt_record){ 0 }, "L3:0=f", NULL, &old, &e), -EINVAL,
	       "no group: %s", e.what);
	e = (struct rl_err)RL_ERR_INIT;
	is_int(rdt_update(&(struct rdt_record){ .group = (char *)(uintptr_t) "/tmp", .own = true },
			  "L3:0=f", NULL, &old, &e),
	       -EXDEV, "a damaged record: %s", e.what);
	is_str(old, NULL, "a failure gives nothing to undo");
	is_str(get("web/schemata"), "MB:0=30\n", "and changes nothing");
}

static void test_update_fails(void)
{
	char path[128], *old = NULL;
	struct rdt_record rec = { .group = path, .own = true };
	struct rl_err e = RL_ERR_INIT;

	snprintf(path, sizeof(path), "%s/web", tree);
	put("info/last_cmd_status", "MB value 5 out of range [10,100]\n");
	/* Calls that can fail, in order: open the group, open and read the file, open it again. */
	put("web/schemata", "MB:0=100\n");
	setenv("RUNDLET_FAULT", "deny:fdio_write_full", 1);
	is_int(rdt_update(&rec, NULL, "MB:0=5", &old, &e), -ENOSYS, "a write that is refused");
	unsetenv("RUNDLET_FAULT");
	ok(strstr(e.what, "(MB value 5 out of range [10,100])"), "with the reason: %s", e.what);
	is_str(old, NULL, "nothing to undo");
	put("info/last_cmd_status", "ok\n");
}

static void test_stats(void)
{
	char group[128], monitor[128];
	struct rdt_record rec = { .group = group };
	struct rl_err e = RL_ERR_INIT;
	struct rdt_counters s = { 0 };

	snprintf(group, sizeof(group), "%s/web", tree);
	snprintf(monitor, sizeof(monitor), "%s/web/mon_groups/m", tree);
	is_int(rdt_counters_read(&rec, &s, &e), 0, "hardware without counters: %s", e.what);
	is_int((long long)s.n, 0, "has none");
	put("web/mon_data/mon_L3_10/llc_occupancy", "4096\n");
	put("web/mon_data/mon_L3_10/mbm_total_bytes", "Unavailable\n");
	put("web/mon_data/mon_L3_02/llc_occupancy", "18446744073709551615\n");
	put("web/mon_data/mon_L3_02/mbm_total_bytes", "20\n");
	put("web/mon_data/mon_L3_02/mbm_local_bytes", "10\n");
	put("web/mon_data/mon_L3_02/mon_sub_L3_00/mbm_local_bytes", "1\n");
	put("web/mon_data/mon_PERF_PKG_00/energy", "1\n");
	is_int(rdt_counters_read(&rec, &s, &e), 0, "counters: %s", e.what);
	is_int((long long)s.n, 2, "of two caches");
	if (s.n == 2) {
		is_int(s.domains[0].id, 2, "by their number");
		ok(s.domains[0].occupancy == UINT64_MAX && s.domains[0].total == 20 &&
			   s.domains[0].local == 10,
		   "all three");
		ok(s.domains[1].has_occupancy && !s.domains[1].has_total && !s.domains[1].has_local,
		   "what is not available is not 0");
	}
	rdt_counters_done(&s);
	put("web/mon_groups/m/mon_data/mon_L3_00/llc_occupancy", "7\n");
	rec.monitor = monitor;
	is_int(rdt_counters_read(&rec, &s, &e), 0, "of the monitoring group: %s", e.what);
	ok(s.n == 1 && s.domains[0].occupancy == 7, "if there is one");
	rdt_counters_done(&s);
	rec.monitor = (char *)(uintptr_t) "/tmp";
	is_int(rdt_counters_read(&rec, &s, &e), -EXDEV, "a damaged record: %s", e.what);
}

int main(void)
{
	char command[64];

#ifndef RL_FAULTS
	skip("this build knows resctrl only: configure --enable-faults");
	return tap_done();
#endif
	if (!mkdtemp(tree))
		return 99;
	setenv("RUNDLET_TEST_RESCTRL", tree, 1);
	tree_fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_tree();
	test_make();
	test_find();
	test_missing();
	test_refused_write();
	test_damaged_record();
	test_interrupted();
	test_update();
	test_update_fails();
	test_stats();
	snprintf(command, sizeof(command), "rm -rf %s", tree);
	ok(system(command) == 0, "the tree is removed");
	close(tree_fd);
	return tap_done();
}
