/* SPDX-License-Identifier: Apache-2.0 */
/* What is ours of a cgroup, what a bad record may not do, and removing it, for real. Needs root. */
#include "cgroup/cgroup-walk.h"
#include "tests/unit/cgroup-box.h"

/* What cgroup_remove_if_unused() asks of each directory. */
static bool has_processes(const struct cgroup_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct rl_err e = RL_ERR_INIT;
		rl_autoclose int fd = cgroup_walk_open(&r->dirs[i], &e);

		if (fd >= 0 && cgroup_walk_finds_process(fd))
			return true;
	}
	return false;
}

static void test_existing(void)
{
	rl_auto(box_done) struct box first = { 0 }, b = { 0 };
	char child[PATH_MAX];

	/* Somebody made it. */
	if (!box_init(&first, "given", "") || create(&first) < 0)
		return;
	cgroup_close(first.f.data, &first.p);
	if (!box_init(&b, "given", ""))
		return;
	is_str(b.record.dirs[0].stop, b.record.dirs[0].path,
	       "an existing cgroup is not ours to remove");
	is_int(create(&b), 0, "but taken if it is unused: %s", b.line);
	cgroup_record_done(&b.record);
	is_int(cgroup_record_make(b.f.data, &b.p, &b.record), 0, "the record afterwards");
	is_str(b.record.dirs[0].stop, b.record.dirs[0].path, "says the same");
	snprintf(child, sizeof(child), "%s/child", b.record.dirs[0].path);
	make_dir(child, "");
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(count_existing(&b), host.n, "it is kept");
	ok(access(child, F_OK) < 0, "what was made in it is gone");

	make_dir(child, "");
	ok(create(&b) < 0, "one with another in it is refused");
	ok(strstr(b.line, "has cgroups below it"), "and why: %s", b.line);
	is_int(count_existing(&b), host.n, "and stays as it was");
	ok(access(child, F_OK) == 0, "all of it");
	is_int(remove_all(&first), 0, "its maker removes it: %s", first.line);
	is_int(count_existing(&first), 0, "with all that is in it");
}

static void test_shared_parent(void)
{
	rl_auto(box_done) struct box a = { 0 }, b = { 0 };
	char parent[PATH_MAX];

	if (!box_init(&a, "pod/a", "") || create(&a) < 0 || !box_init(&b, "pod/b", "") ||
	    create(&b) < 0) {
		ok(false, "two containers with one parent: %s%s", a.line, b.line);
		return;
	}
	snprintf(parent, sizeof(parent), "%s/%s/pod", host.h[0].mount, top);
	is_str(b.record.dirs[0].stop, parent, "the parent is the first one's");
	cgroup_close(a.f.data, &a.p);
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&a), 0, "remove the first: %s", a.line);
	ok(access(parent, F_OK) == 0, "the parent is in use and stays");
	is_int(count_existing(&b), host.n, "so does the second");
	is_int(remove_all(&b), 0, "remove the second: %s", b.line);
	ok(access(parent, F_OK) == 0, "it removes only what it made");
	is_int(remove_all(&a), 0, "remove the first again: %s", a.line);
	ok(access(parent, F_OK) < 0, "now the parent goes");
}

/* The record is made before; what was made is known after: a parent that
 * somebody removed is ours.
 */
static void test_record_after(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s/%s", host.h[0].mount, top);
	make_dir(parent, "");
	snprintf(parent, sizeof(parent), "%s/%s/gone", host.h[0].mount, top);
	make_dir(parent, "");
	if (!box_init(&b, "gone/leaf", ""))
		return;
	is_str(b.record.dirs[0].stop, parent, "the parent is another's");
	rmdir(parent);
	is_int(create(&b), 0, "create: %s", b.line);
	cgroup_record_done(&b.record);
	cgroup_record_make(b.f.data, &b.p, &b.record);
	*strrchr(parent, '/') = 0;
	is_str(b.record.dirs[0].stop, parent, "the record afterwards knows better");
	strcat(parent, "/gone");
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	ok(access(parent, F_OK) < 0, "the parent goes too");
	*strrchr(parent, '/') = 0;
	rmdir(parent);
}

static int remove_if_unused(struct box *b)
{
	return say(b, cgroup_remove_if_unused(&b->record, &b->e));
}

/* A cgroup that is somebody else's by now stays, all of it. */
static void test_if_unused(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct cgroup_record one;
	struct inside in;
	char child[PATH_MAX];
	rl_autoclose int fd = -EBADF;

	if (!box_init(&b, "unused/leaf", "") || create(&b) < 0)
		return;
	ok(!has_processes(&b.record), "a new one has no processes");
	in = enter_and_wait(&b);
	ok(has_processes(&b.record), "it has when one is there");
	snprintf(child, sizeof(child), "%s/child", b.record.dirs[0].path);
	make_dir(child, "");
	is_int(remove_if_unused(&b), -EBUSY, "removing it then is refused: %s", b.line);
	is_int(count_existing(&b), host.n, "it stays");
	ok(access(child, F_OK) == 0, "with what is below");
	ok(is_alive(&in), "and the process lives");
	if (one_dir(&b, &one)) {
		fd = open(one.dirs[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		for (int i = 0; i < 40; i++)
			go_down(&fd, "d");
		move_process(fd, in.pid);
		ok(has_processes(&one), "one that is far below counts, too");
	}
	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	leave(&in);
	ok(!has_processes(&b.record), "a dead one does not count");
	is_int(remove_if_unused(&b), 0, "remove what is unused: %s", b.line);
	is_int(count_existing(&b), 0, "all of it");
	ok(!has_processes(&b.record), "what is gone has no processes");
	is_int(remove_if_unused(&b), 0, "and is gone: %s", b.line);
}

/* It is told for each hierarchy. */
static void test_partly_unused(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside in;
	struct cgroup_record one;
	rl_autoclose int fd = -EBADF;

	if (!box_init(&b, "partly", "") || !one_dir(&b, &one) || create(&b) < 0) {
		skip("needs the pids controller of v1");
		return;
	}
	cgroup_close(b.f.data, &b.p);
	in = fork_waiting();
	fd = open(one.dirs[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	move_process(fd, in.pid);
	is_int(remove_if_unused(&b), -EBUSY, "remove what is unused: %s", b.line);
	is_int(count_existing(&b), 1, "one has a process");
	ok(access(one.dirs[0].path, F_OK) == 0 && is_alive(&in), "and stays with it");
	kill(in.pid, SIGKILL);
	leave(&in);
	is_int(remove_if_unused(&b), 0, "remove the rest: %s", b.line);
	is_int(count_existing(&b), 0, "all of it");
}

/* state.json may say anything. Whatever is asked: refused, and nothing is
 * touched. */
static void is_refused(const char *path, const char *stop, int code, const char *what)
{
	struct cgroup_record_dir dir = { .path = (char *)path, .stop = (char *)stop };
	struct cgroup_record bad = { .dirs = &dir, .n = 1 };
	struct rl_err e = RL_ERR_INIT;
	char line[1024];

	is_int(cgroup_remove(&bad, &e), code, "%s: not removed", what);
	ok(!has_processes(&bad), "%s: not looked at", what);
	e = (struct rl_err)RL_ERR_INIT;
	is_int(cgroup_kill(&bad, SIGTERM, &e), code, "%s: no signal", what);
	e = (struct rl_err)RL_ERR_INIT;
	is_int(cgroup_kill(&bad, SIGKILL, &e), code, "%s: not killed", what);
	rl_err_line(&e, line, sizeof(line));
	ok(strstr(line, path), "%s: named: %s", what, line);
}

/* A directory with a file that looks like a cgroup's. */
static void test_bad_place(void)
{
	char plain[] = "/tmp/rundlet-unit-XXXXXX", inner[128], file[128], text[16];
	struct inside in = fork_waiting();
	FILE *f;

	if (!mkdtemp(plain)) {
		ok(false, "the test can make a directory");
		return;
	}
	snprintf(inner, sizeof(inner), "%s/inner", plain);
	mkdir(inner, 0700);
	snprintf(file, sizeof(file), "%s/cgroup.procs", plain);
	snprintf(text, sizeof(text), "%d\n", (int)in.pid);
	f = fopen(file, "we");
	if (f) {
		fputs(text, f);
		fclose(f);
	}
	is_refused(plain, "/tmp", -ENOTDIR, "a directory that is no cgroup");
	ok(access(inner, F_OK) == 0, "what is in it stays");
	ok(is_alive(&in), "the process that it names, too");
	kill(in.pid, SIGKILL);
	leave(&in);
	unlink(file);
	rmdir(inner);
	is_refused(plain, "/tmp", -ENOTDIR, "an empty one");
	rmdir(plain);
}

/*
 * A wrong path must not be one of the host's here: if the checks ever break,
 * what it names is killed. So it names a cgroup of the test's own, with a
 * process that tells.
 */
static void test_bad_path(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char path[PATH_MAX + 16], stop[PATH_MAX + 16];
	const char *own;
	struct inside in;

	if (!box_init(&b, "path/leaf", "") || create(&b) < 0)
		return;
	own = b.record.dirs[0].path;
	in = enter_and_wait(&b);
	snprintf(stop, sizeof(stop), "%s/x", own);
	is_refused(own, stop, -EINVAL, "one that is not below its stop");
	snprintf(path, sizeof(path), "%s/../leaf", own);
	is_refused(path, own, -EINVAL, "a path with ..");
	make_dir(own, "x");
	snprintf(path, sizeof(path), "%s/x/..", own);
	is_refused(path, own, -EINVAL, "one that ends in ..");
	ok(chdir(own) == 0, "the test can go there");
	is_refused("x", "x", -EINVAL, "a relative one");
	ok(chdir("/") == 0 && access(stop, F_OK) == 0, "nothing is removed");
	ok(is_alive(&in), "nor killed");
	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/*
 * The root of a mounted hierarchy: everything in it would go. Only our own
 * subtree is at stake here: it is mounted elsewhere.
 */
static void test_root(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char place[] = "/tmp/rundlet-unit-XXXXXX", child[PATH_MAX];
	struct inside in;

	if (!box_init(&b, "root/leaf", "") || create(&b) < 0 || !mkdtemp(place))
		return;
	in = enter_and_wait(&b);
	snprintf(child, sizeof(child), "%s/%s/root", host.h[0].mount, top);
	if (!own_mounts() || mount(child, place, NULL, MS_BIND, NULL) < 0) {
		skip("no mounts can be made here");
	} else {
		is_refused(place, place, -EBUSY, "the root of a mount");
		is_int(count_existing(&b), host.n, "nothing in it is removed");
		ok(is_alive(&in), "nor killed");
		umount2(place, MNT_DETACH);
	}
	rmdir(place);
	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_all(void)
{
	test_existing();
	test_shared_parent();
	test_record_after();
	test_if_unused();
	test_partly_unused();
	test_bad_place();
	test_bad_path();
	test_root(); /* the last: it changes the mount namespace */
}

int main(void)
{
	return box_main(test_all);
}
