/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cgroup v2 knows and v1 does not: controllers that are passed on, threaded cgroups; and two
 * containers that are given one path. Needs root.
 */
#include "tests/unit/cgroup-box.h"

/* A directory of ours plays the mount of the hierarchy: the host's own settings stay alone. */
static struct cgroupfs place;

static const char *in_place(char *buf, const char *path, const char *file)
{
	snprintf(buf, PATH_MAX, "%s/%s%s%s%s", place.h[0].mount, top, path, file[0] ? "/" : "",
		 file);
	return buf;
}

/* What it has to pass on, as the kernel writes it: "hugetlb", and "pids", which may be threaded. */
static char offered[32];

/* <mount>/<top>/place. Whether it can be made. */
static bool place_make(void)
{
	char file[PATH_MAX];
	size_t len;

	place = only_v2;
	len = strlen(place.h[0].mount);
	snprintf(place.h[0].mount + len, sizeof(place.h[0].mount) - len, "/%s", top);
	make_dir(place.h[0].mount, "");
	snprintf(file, sizeof(file), "%s/cgroup.subtree_control", place.h[0].mount);
	if (fdio_write_at(AT_FDCWD, file, "+hugetlb") >= 0)
		strcpy(offered, "hugetlb");
	if (offered[0] && fdio_write_at(AT_FDCWD, file, "+pids") >= 0)
		strcpy(offered, "hugetlb pids");
	strcpy(place.h[0].controllers, offered);
	*strchrnul(place.h[0].controllers, ' ') = strchr(offered, ' ') ? ',' : 0;
	strcat(place.h[0].mount, "/place");
	make_dir(place.h[0].mount, "");
	make_dir(place.h[0].mount, top);
	return access(place.h[0].mount, F_OK) == 0;
}

static void place_remove(void)
{
	char path[PATH_MAX];

	rmdir(in_place(path, "", ""));
	ok(rmdir(place.h[0].mount) == 0, "nothing is left in the place: %s", strerror(errno));
}

/* The text of a file in the place, without its end of line. */
static const char *read_in(const char *path, const char *file)
{
	static char text[256];
	char name[PATH_MAX];

	if (fdio_read_at(AT_FDCWD, in_place(name, path, file), text, sizeof(text)) < 0)
		return "(none)";
	text[strcspn(text, "\n")] = 0;
	return text;
}

static int put_in(const char *path, const char *file, const char *value)
{
	char name[PATH_MAX];

	return fdio_write_at(AT_FDCWD, in_place(name, path, file), value);
}

static void make_in(const char *path)
{
	char name[PATH_MAX];

	make_dir(in_place(name, path, ""), "");
}

static void remove_in(const char *path)
{
	char name[PATH_MAX];

	if (rmdir(in_place(name, path, "")) < 0)
		ok(false, "the test can remove %s: %s", name, strerror(errno));
}

/* Put a process into a directory of the place. */
static struct inside start_in(const char *path)
{
	struct inside in = fork_waiting();
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)in.pid);
	if (put_in(path, "cgroup.procs", pid) < 0)
		ok(false, "the test can move a process");
	return in;
}

static void stop(struct inside *in)
{
	kill(in->pid, SIGKILL);
	leave(in);
}

/* A container's cgroup in the place; with a fake limit of huge pages if `needs`. */
static bool plan(struct box *b, const char *name, bool needs)
{
	if (!box_init_on(b, &place, name, ""))
		return false;
	FLAT_EACH(b->f.data, b->p.dirs, struct cgroup_dir, d) {
		if (needs) {
			d->enable = d->enable_too;
			d->enable_too = 0;
		}
	}
	return true;
}

/* --- controllers --- */

static void test_all_are_enabled(void)
{
	rl_auto(box_done) struct box b = { 0 };

	if (!plan(&b, "a/b/leaf", false))
		return;
	is_int(create(&b), 0, "create: %s", b.line);
	is_str(read_in("/a", "cgroup.subtree_control"), offered, "all are passed on");
	is_str(read_in("/a/b/leaf", "cgroup.controllers"), offered, "down to the container's");
	is_str(read_in("/a/b/leaf", "cgroup.subtree_control"), "", "but not by it");
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* Where a process is above, nothing can be passed on: only a limit makes that an error. */
static void test_processes_above(void)
{
	rl_auto(box_done) struct box b = { 0 }, limited = { 0 };
	struct inside above, in;

	make_in("/busy");
	above = start_in("/busy");
	if (plan(&b, "busy/leaf", false)) {
		is_int(create(&b), 0, "create below a process: %s", b.line);
		is_str(read_in("/busy", "cgroup.subtree_control"), "", "nothing is passed on");
		in = enter_and_wait(&b);
		stop(&in);
		is_int(remove_all(&b), 0, "remove: %s", b.line);
	}
	if (plan(&limited, "busy/leaf", true)) {
		is_int(create(&limited), -EBUSY, "with a limit it is an error");
		ok(strstr(limited.line, "write \"+hugetlb") && strstr(limited.line, "/busy/"),
		   "which names the directory: %s", limited.line);
		is_int(count_existing(&limited), 0, "nothing is left");
	}
	stop(&above);
	remove_in("/busy");
}

/* It goes away while we try. */
static void test_process_leaves(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside above;
	pid_t helper;

	make_in("/leaving");
	above = start_in("/leaving");
	helper = must_be_process(fork());
	if (helper == 0) {
		usleep(20000);
		kill(above.pid, SIGKILL);
		_exit(0);
	}
	if (plan(&b, "leaving/leaf", true)) {
		is_int(create(&b), 0, "a process that is about to leave: %s", b.line);
		is_str(read_in("/leaving/leaf", "cgroup.controllers"), offered, "is waited for");
		cgroup_close(b.f.data, &b.p);
		is_int(remove_all(&b), 0, "remove: %s", b.line);
	}
	waitpid(helper, NULL, 0);
	stop(&above);
	remove_in("/leaving");
}

/* Without its controllers passed on by the mount itself, and in a path that others remake. */
static void test_not_offered(void)
{
	rl_auto(box_done) struct box b = { 0 }, many = { 0 };
	struct cgroupfs all = place;

	strcat(place.h[0].controllers, ",cpu");
	if (plan(&b, "x/leaf", true)) {
		is_int(create(&b), -EOPNOTSUPP, "a needed controller that is not there");
		ok(strstr(b.line, "+cpu"), "is named: %s", b.line);
	}
	if (plan(&many, "x/leaf", false)) {
		is_int(create(&many), 0, "one that is only wanted is no error: %s", many.line);
		is_str(read_in("/x/leaf", "cgroup.controllers"), offered, "others are there");
		cgroup_close(many.f.data, &many.p);
		is_int(remove_all(&many), 0, "remove: %s", many.line);
	}
	place = all;
}

/* Somebody removes and remakes a directory above, who passes nothing on. */
static void test_remade(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char path[PATH_MAX];
	int failed = 0;
	pid_t other;

	make_in("/remade");
	other = must_be_process(fork());
	if (other == 0)
		for (;;) {
			rmdir(in_place(path, "/remade", ""));
			mkdir(path, 0755);
			usleep(100);
		}
	for (int i = 0; i < 200; i++) {
		if (!plan(&b, "remade/leaf", true))
			break;
		if (create(&b) < 0) {
			failed++;
			printf("# %s\n", b.line);
		}
		cgroup_close(b.f.data, &b.p);
		remove_all(&b);
		box_done(&b);
		b = (struct box){ 0 };
	}
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	is_int(failed, 0, "in a directory that is remade all the time, 200 creates");
	rmdir(in_place(path, "/remade/leaf", ""));
	rmdir(in_place(path, "/remade", ""));
}

/* --- whether it is fit --- */

static void is_refused(const char *name, const char *why)
{
	rl_auto(box_done) struct box b = { 0 };

	if (!plan(&b, name, false))
		return;
	is_int(create(&b), -EBUSY, "refused: %s", b.line);
	ok(strstr(b.line, why), "because it %s", why);
}

static void test_threaded(void)
{
	struct inside in;

	make_in("/split");
	make_in("/split/own");
	in = start_in("/split");
	is_int(put_in("/split/own", "cgroup.type", "threaded"), 0, "a threaded cgroup");
	is_refused("split/own", "is threaded");
	is_refused("split/new", "is below a threaded one");
	is_str(read_in("/split/new", "cgroup.type"), "(none)", "it is not left behind");
	remove_in("/split/own");
	stop(&in);
	remove_in("/split");
}

static void test_unfit(void)
{
	struct inside in;

	make_in("/old");
	in = start_in("/old");
	is_refused("old", "has processes");
	stop(&in);
	put_in("/old", "cgroup.freeze", "1");
	is_refused("old", "is frozen");
	is_refused("old/below", "is frozen");
	is_str(read_in("/old/below", "cgroup.type"), "(none)", "it is not left behind");
	put_in("/old", "cgroup.freeze", "0");
	make_in("/old/child");
	is_refused("old", "has cgroups below it");
	in = start_in("/old/child");
	is_refused("old", "has processes");
	stop(&in);
	remove_in("/old/child");
	remove_in("/old");
}

/* What ran in it before may have passed controllers on: then it could have no processes. */
static void test_used_before(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside in;

	put_in("/..", "cgroup.subtree_control", "+hugetlb");
	put_in("", "cgroup.subtree_control", "+hugetlb");
	make_in("/used");
	is_int(put_in("/used", "cgroup.subtree_control", "+hugetlb"), 0, "one that was used");
	if (!plan(&b, "used", false))
		return;
	is_int(create(&b), 0, "is taken: %s", b.line);
	in = enter_and_wait(&b);
	stop(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_str(read_in("/used", "cgroup.type"), "domain", "and kept");
	remove_in("/used");
}

/* --- how it is entered --- */

static void test_by_write(void)
{
	rl_auto(box_done) struct box b = { 0 };
	char pid[16];
	struct inside in;

	if (!plan(&b, "write", false))
		return;
	FLAT_EACH(b.f.data, b.p.dirs, struct cgroup_dir, d)
		d->by_write = 1;
	is_int(create(&b), 0, "create: %s", b.line);
	ok(dir_v2(&b)->enter_fd >= 0, "a descriptor to enter by");
	in = enter_and_wait(&b);
	snprintf(pid, sizeof(pid), "%d", (int)in.pid);
	is_str(read_in("/write", "cgroup.procs"), pid, "the process is in it");
	stop(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* --- one path for two containers --- */

static void test_marked(void)
{
	rl_auto(box_done) struct box a = { 0 }, b = { 0 }, late = { 0 };
	struct stat st;

	if (!box_init(&a, "twice", "") || !box_init(&b, "twice", ""))
		return;
	is_int(create_begin(&a), 0, "create: %s", a.line);
	is_int(create_begin(&b), -EBUSY, "a second one, while the first is being made");
	ok(strstr(b.line, "is being made for another container"), "and why: %s", b.line);
	is_int(count_existing(&a), host.n, "nothing of the first is gone");
	is_int(say(&a, cgroup_settle(a.f.data, &a.p, (uid_t)-1, &a.e)), 0, "settle: %s", a.line);
	ok(stat(a.record.dirs[0].path, &st) == 0 && (st.st_mode & 07777) == 0755,
	   "the mark is gone");
	if (box_init(&late, "twice", ""))
		is_int(create(&late), 0, "what nobody is in may be taken then: %s", late.line);
	is_int(remove_all(&a), 0, "remove: %s", a.line);
}

/* Make it in a process of its own, when the gate closes. */
static pid_t make_at_once(struct box *b, const int gate[2])
{
	pid_t pid = must_be_process(fork());
	char c;

	if (pid == 0) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) == 0 && create_begin(b) == 0 ? 0 : 1);
	}
	return pid;
}

/* Both at once: in every round one goes on, and one does not. */
static bool race(void)
{
	rl_auto(box_done) struct box a = { 0 }, b = { 0 };
	int gate[2], status_a, status_b;
	pid_t pid_a, pid_b;

	if (!box_init(&a, "race", "") || !box_init(&b, "race", "") || pipe(gate) < 0)
		return false;
	pid_a = make_at_once(&a, gate);
	pid_b = make_at_once(&b, gate);
	close(gate[0]);
	close(gate[1]);
	waitpid(pid_a, &status_a, 0);
	waitpid(pid_b, &status_b, 0);
	remove_all(&a);
	return (status_a == 0) != (status_b == 0);
}

static void test_race(void)
{
	int rounds = 100, fair = 0;

	for (int i = 0; i < rounds; i++)
		fair += race();
	is_int(fair, rounds, "of two that are given one path at once, one goes on");
}

static void test_all(void)
{
	test_marked();
	test_race();
	if (!only_v2.n || !place_make()) {
		skip("no v2 hierarchy here");
		return;
	}
	test_threaded();
	test_unfit();
	test_by_write();
	if (offered[0]) {
		test_all_are_enabled();
		test_processes_above();
		test_process_leaves();
		test_not_offered();
		test_remade();
		test_used_before();
	} else {
		skip("no controller of v2 is passed on here");
	}
	place_remove();
}

int main(void)
{
	return box_main(test_all);
}
