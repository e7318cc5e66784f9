/* SPDX-License-Identifier: Apache-2.0 */
/* Killing what is in a cgroup, whatever a payload has built there, for real. Needs root. */
#include "tests/unit/cgroup-box.h"

#include <dirent.h>

static void test_signals(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char nested[PATH_MAX], tasks[PATH_MAX + 16], text[64], said[64];
	struct inside in;

	if (!box_init(&b, "signals", "") || create(&b) < 0)
		return;
	in = enter_and_wait(&b);
	/* A second one, further down in one hierarchy. */
	snprintf(nested, sizeof(nested), "%s/a", b.record.dirs[0].path);
	if (host.h[0].v2) {
		skip("the first hierarchy is v2");
	} else {
		make_dir(nested, "");
		strcat(nested, "/b");
		make_dir(nested, "");
		snprintf(tasks, sizeof(tasks), "%s/tasks", nested);
		snprintf(text, sizeof(text), "%d", (int)in.pid);
		if (cgroupfs_find(&host, "cpuset") != &host.h[0])
			fdio_write_at(AT_FDCWD, tasks, text);
	}
	is_int(kill_with(&b, SIGRTMIN), 0, "a signal that does not kill: %s", b.line);
	ok(read(in.from, said, 1) == 1 && said[0] == 's', "arrives");
	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	is_int(read(in.from, said, sizeof(said)), 0, "and had come once only");
	ok(WTERMSIG(leave(&in)) == SIGKILL, "it is killed in a cgroup below, too");
	is_int(remove_all(&b), 0, "remove with cgroups below: %s", b.line);
	is_int(count_existing(&b), 0, "all gone");
}

/* Without v1 the kernel kills, and the freezer is another. */
static void test_v2(void)
{
	rl_auto(box_done) struct box b = { 0 }, second = { 0 };
	struct inside in;
	char file[PATH_MAX];

	if (!only_v2.n) {
		skip("no v2 hierarchy here");
		return;
	}
	if (!box_init_on(&b, &only_v2, "v2/leaf", "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter_and_wait(&b);
	ok(!cgroup_is_frozen(&b.record), "not frozen");
	snprintf(file, sizeof(file), "%s/cgroup.freeze", b.record.dirs[0].path);
	is_int(fdio_write_at(AT_FDCWD, file, "1"), 0, "freeze it");
	for (int i = 0; i < 1000 && !cgroup_is_frozen(&b.record); i++)
		usleep(10000);
	ok(cgroup_is_frozen(&b.record), "frozen");
	if (box_init_on(&second, &only_v2, "v2/leaf/below", ""))
		is_int(create(&second), -EBUSY, "one below it is refused");
	ok(strstr(second.line, "is frozen"), "and why: %s", second.line);
	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	ok(WTERMSIG(leave(&in)) == SIGKILL, "it was killed, frozen as it was");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(count_existing(&b), 0, "all gone");
}

/* What a payload with a cgroup of its own can build: deeper than descriptors or
 * paths reach. */
static void test_deep(size_t length, int depth)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_autoclose int fd = -EBADF;
	struct cgroup_record one;
	char name[NAME_MAX + 1] = "";
	struct inside in;
	int made = 0;

	if (!box_init(&b, "deep", "") || !one_dir(&b, &one)) {
		skip("needs the pids controller of v1");
		return;
	}
	is_int(create(&b), 0, "create: %s", b.line);
	in = enter_and_wait(&b);
	memset(name, 'd', length);
	fd = open(one.dirs[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; made < depth && go_down(&fd, name); made++)
		mkdirat(fd, "side", 0755);
	ok(made * (int)(length + 1) > PATH_MAX, "a tree %d deep, with names of %zu", made, length);
	move_process(fd, in.pid);
	is_int(say(&b, cgroup_kill(&one, SIGKILL, &b.e)), 0, "kill: %s", b.line);
	is_killed(&in, "what is at its end");
	is_int(remove_all(&b), 0, "is removed: %s", b.line);
	is_int(count_existing(&b), 0, "all of it");
}

/* Many that are deep: more than are held open has to be found again on the way
 * up. */
static void test_wide_and_deep(void)
{
	enum { WIDTH = 12, DEPTH = 70 };
	rl_auto(box_done) struct box b = { 0 };
	struct cgroup_record one;
	struct inside in[WIDTH];

	if (!box_init(&b, "wide", "") || !one_dir(&b, &one)) {
		skip("needs the pids controller of v1");
		return;
	}
	is_int(create(&b), 0, "create: %s", b.line);
	for (int i = 0; i < WIDTH; i++) {
		rl_autoclose int fd = -EBADF;
		char name[32];

		in[i] = fork_waiting();
		fd = open(one.dirs[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		snprintf(name, sizeof(name), "branch%d", i);
		for (int n = 0; n < DEPTH && go_down(&fd, n ? "d" : name); n++)
			if (n == DEPTH / 2)
				mkdirat(fd, "side", 0755);
		move_process(fd, in[i].pid);
	}
	cgroup_close(b.f.data, &b.p);
	is_int(say(&b, cgroup_kill(&one, SIGKILL, &b.e)), 0, "kill: %s", b.line);
	for (int i = 0; i < WIDTH; i++)
		is_killed(&in[i], "what is at the end of a branch");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(count_existing(&b), 0, "all of it");
}

/* Killed in vain: the cgroup above is frozen, so it waits in the kernel. */
static void test_stuck(void)
{
	rl_auto(box_done) struct box b = { 0 };
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&host, "freezer");
	char above[PATH_MAX];
	struct inside in;
	int r;

	if (!h || h->v2 || !box_init(&b, "stuck/leaf", "")) {
		skip("needs the freezer of v1");
		return;
	}
	is_int(create(&b), 0, "create: %s", b.line);
	in = enter_and_wait(&b);
	snprintf(above, sizeof(above), "%s/%s/stuck/freezer.state", h->mount, top);
	is_int(fdio_write_at(AT_FDCWD, above, "FROZEN"), 0, "the test can freeze the parent");
	r = kill_with(&b, SIGKILL);
	fdio_write_at(AT_FDCWD, above, "THAWED");
	is_int(r, -ETIMEDOUT, "what does not die is waited for in vain");
	ok(strstr(b.line, "/stuck/leaf do not end"), "and named: %s", b.line);
	is_killed(&in, "it dies later");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* One directory of the record is bad: then the others may be anything. */
static void test_bad_among_good(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct cgroup_record_dir dirs[2] = { 0 };
	struct cgroup_record bad = { .dirs = dirs, .n = 2 };
	struct inside in;

	if (!box_init(&b, "among", "") || create(&b) < 0)
		return;
	in = enter_and_wait(&b);
	dirs[0] = b.record.dirs[0];
	dirs[1] = (struct cgroup_record_dir){ .path = (char *)"/tmp", .stop = (char *)"/tmp" };
	is_int(say(&b, cgroup_kill(&bad, SIGKILL, &b.e)), -ENOTDIR, "a bad one behind a good one");
	ok(is_alive(&in), "nothing is killed");
	is_int(kill_with(&b, SIGKILL), 0, "the record itself is good: %s", b.line);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* The first and the last name of those in a directory, in its own order. */
static void find_ends(const char *path, char first[static NAME_MAX + 1],
		      char last[static NAME_MAX + 1])
{
	DIR *d = opendir(path);
	struct dirent *entry;

	first[0] = 0;
	while (d && (entry = readdir(d))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(first[0] ? last : first, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (d)
		closedir(d);
}

/* One cgroup cannot be entered: something else is mounted there. The rest is
 * killed and removed. */
static void test_one_fails(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char first[NAME_MAX + 1], last[NAME_MAX + 1] = "", path[PATH_MAX + NAME_MAX + 32];
	rl_autoclose int fd = -EBADF;
	struct cgroup_record one;
	struct inside in;

	if (!box_init(&b, "fails", "") || !one_dir(&b, &one) || create(&b) < 0 || !own_mounts()) {
		skip("needs the pids controller of v1, and mounts");
		return;
	}
	in = enter_and_wait(&b);
	make_dir(one.dirs[0].path, "a");
	make_dir(one.dirs[0].path, "b");
	find_ends(one.dirs[0].path, first, last);
	snprintf(path, sizeof(path), "%s/%s", one.dirs[0].path, last);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	move_process(fd, in.pid);
	snprintf(path, sizeof(path), "%s/%s", one.dirs[0].path, first);
	is_int(mount("tmpfs", path, "tmpfs", 0, NULL), 0, "the test can mount");
	make_dir(path, "cgroup.procs");
	is_int(say(&b, cgroup_kill(&one, SIGKILL, &b.e)), -EXDEV, "the error is told: %s", b.line);
	is_killed(&in, "what is in the next cgroup");
	ok(remove_all(&b) < 0, "it cannot be removed either: %s", b.line);
	strcat(path, "/cgroup.procs");
	ok(access(path, F_OK) == 0, "what is mounted there is not touched");
	*strrchr(path, '/') = 0;
	umount2(path, MNT_DETACH);
	ok(faccessat(fd, "cgroup.procs", F_OK, 0) < 0, "the rest is gone already");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(count_existing(&b), 0, "all of it");
}

static void test_all(void)
{
	test_signals();
	test_v2();
	test_deep(100, 60);
	test_deep(250, 17);
	test_wide_and_deep();
	test_stuck();
	test_bad_among_good();
	test_one_fails(); /* the last: it changes the mount namespace */
}

int main(void)
{
	return box_main(test_all);
}
