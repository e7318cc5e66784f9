/* SPDX-License-Identifier: Apache-2.0 */
/* What is ours of a cgroup, killing what is in it, and removing it, for real. Needs root. */
#include "tests/unit/cgroup-box.h"

#include <sys/mount.h>

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

/* The record is made before; what was made is known after: a parent that somebody removed is ours.
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

/* What a payload with a cgroup of its own can build: deeper than descriptors or paths reach. */
static void test_deep(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char name[101];
	int fd, depth = 0;

	if (!box_init(&b, "deep", "") || create(&b) < 0)
		return;
	cgroup_close(b.f.data, &b.p);
	memset(name, 'd', sizeof(name));
	name[100] = 0;
	fd = open(b.record.dirs[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; depth < 60 && mkdirat(fd, name, 0755) == 0; depth++) {
		int next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

		mkdirat(fd, "side", 0755);
		close(fd);
		fd = next;
	}
	close(fd);
	ok(depth * 101 > PATH_MAX, "a tree %d deep, with a path of %d bytes", depth, depth * 101);
	is_int(remove_all(&b), 0, "is removed: %s", b.line);
	is_int(count_existing(&b), 0, "all of it");
}

/* state.json may say anything. */
static void test_bad_record(void)
{
	char plain[] = "/tmp/rundlet-unit-XXXXXX", inner[128], dotted[PATH_MAX], stop[PATH_MAX];
	struct cgroup_record_dir dir;
	struct cgroup_record bad = { &dir, 1 };
	struct rl_err e = RL_ERR_INIT;

	if (!mkdtemp(plain)) {
		ok(false, "the test can make a directory");
		return;
	}
	snprintf(inner, sizeof(inner), "%s/inner", plain);
	mkdir(inner, 0700);
	dir = (struct cgroup_record_dir){ plain, (char *)"/tmp" };
	is_int(cgroup_remove(&bad, &e), -ENOTDIR, "a directory that is no cgroup");
	ok(access(inner, F_OK) == 0, "is not touched");
	rmdir(inner);
	rmdir(plain);

	snprintf(dotted, sizeof(dotted), "%s/x/../y", host.h[0].mount);
	snprintf(stop, sizeof(stop), "%s", host.h[0].mount);
	dir = (struct cgroup_record_dir){ dotted, stop };
	is_int(cgroup_remove(&bad, &e), -EINVAL, "nor a path with ..");
	dir = (struct cgroup_record_dir){ stop, dotted };
	is_int(cgroup_remove(&bad, &e), -EINVAL, "nor one that is not below its stop");
	dir = (struct cgroup_record_dir){ (char *)"relative/x", (char *)"relative" };
	is_int(cgroup_remove(&bad, &e), -EINVAL, "nor a relative one");
}

/*
 * The root of a mounted hierarchy: everything in it would go. Only our own subtree is at stake
 * here: it is mounted elsewhere, in a mount namespace of the test's own.
 */
static void test_root(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char place[] = "/tmp/rundlet-unit-XXXXXX", child[PATH_MAX];
	struct cgroup_record_dir dir = { place, place };
	struct cgroup_record bad = { &dir, 1 };
	struct rl_err e = RL_ERR_INIT;

	if (!box_init(&b, "root/leaf", "") || create(&b) < 0 || !mkdtemp(place))
		return;
	cgroup_close(b.f.data, &b.p);
	snprintf(child, sizeof(child), "%s/%s/root", host.h[0].mount, top);
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(child, place, NULL, MS_BIND, NULL) < 0) {
		skip("no mounts can be made here");
	} else {
		is_int(cgroup_remove(&bad, &e), -EBUSY, "the root of a mount is refused");
		is_int(count_existing(&b), host.n, "and nothing in it is touched");
		umount2(place, MNT_DETACH);
	}
	rmdir(place);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_all(void)
{
	test_existing();
	test_shared_parent();
	test_record_after();
	test_signals();
	test_v2();
	test_deep();
	test_bad_record();
	test_root(); /* the last: it changes the mount namespace */
}

int main(void)
{
	return box_main(test_all);
}
