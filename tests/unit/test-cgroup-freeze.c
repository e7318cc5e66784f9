/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing and thawing what is in a cgroup, and the list of its processes, for real. Needs root. */
#include "tests/unit/cgroup-box.h"

#include <sys/ptrace.h>

enum {
	LONG_MS = 10000, /* ends earlier unless something is wrong */
	SHORT_MS = 300,  /* for what never happens */
};

static int freeze_for(struct box *b, int ms)
{
	return say(b, cgroup_freeze(&b->record, ms, &b->e));
}

static int thaw(struct box *b)
{
	return say(b, cgroup_thaw(&b->record, &b->e));
}

/* --- payloads -------------------------------------------------------------------------------- */

/* Fork without end, a letter for each. */
static void fork_payload(int out)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (write(out, "f", 1) != 1)
			_exit(1);
		waitpid(pid, NULL, 0);
	}
}

static int wait_in_thread(void *unused)
{
	for (;;)
		syscall(SYS_pause);
	return unused != NULL;
}

/*
 * A process that nothing but SIGKILL moves: it executes a program, which waits for the end of its
 * second thread, and that is a zombie which only its tracer, the test, can reap.
 */
static void stuck_payload(int out)
{
	static char stack[65536] __attribute__((aligned(16)));
	sigset_t set;
	pid_t tid;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	tid = clone(wait_in_thread, stack + sizeof(stack),
		    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL);
	if (write(out, &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	sigwaitinfo(&set, NULL);
	execl("/bin/true", "true", NULL);
	_exit(1);
}

static bool is_stuck(pid_t pid)
{
	char path[32], text[256] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	return strstr(text, ") D ") != NULL;
}

/* Start one, and get it stuck. */
static struct inside enter_stuck(struct box *b, pid_t *ret_tid)
{
	struct inside in = enter(b, stuck_payload);

	*ret_tid = 0;
	ok(read(in.from, ret_tid, sizeof(*ret_tid)) == sizeof(*ret_tid) &&
		   ptrace(PTRACE_SEIZE, *ret_tid, 0, 0) == 0,
	   "the test traces a thread");
	kill(in.pid, SIGRTMIN);
	for (int i = 0; i < 1000 && !is_stuck(in.pid); i++)
		usleep(10000);
	ok(is_stuck(in.pid), "a process waits in the kernel");
	return in;
}

static void end_stuck(struct box *b, struct inside *in, pid_t tid)
{
	waitpid(tid, NULL, __WALL);
	is_int(kill_with(b, SIGKILL), 0, "kill: %s", b->line);
	leave(in);
	is_int(remove_all(b), 0, "remove: %s", b->line);
}

/* What it has written since. */
static size_t drain_pipe(int fd)
{
	char text[4096];
	size_t all = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, text, sizeof(text))) > 0)
		all += (size_t)n;
	fcntl(fd, F_SETFL, 0);
	return all;
}

/* Move a process into a new cgroup below the box's, where that is frozen. */
static void move_below(const struct box *b, pid_t pid)
{
	for (size_t i = 0; i < b->record.n; i++) {
		rl_autoclose int fd = open(b->record.dirs[i].path, O_PATH | O_CLOEXEC);

		if (b->record.n > 1 && faccessat(fd, "freezer.state", F_OK, 0) < 0)
			continue;
		ok(go_down(&fd, "below"), "  the test can make a cgroup below");
		move_process(fd, pid);
	}
}

/* --- the tests, on one view of the host each ------------------------------------------------- */

static void test_freeze(const struct cgroupfs *fs, const char *name)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside in, below;
	char letter;

	if (!box_init_on(&b, fs, name, "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	ok(!cgroup_is_frozen(&b.record), "%s: a new cgroup is not frozen", name);
	in = enter(&b, fork_payload);
	below = fork_waiting();
	move_below(&b, below.pid);
	ok(read(in.from, &letter, 1) == 1, "  a process forks");
	is_int(freeze_for(&b, LONG_MS), 0, "  is frozen, for all its forks: %s", b.line);
	ok(cgroup_is_frozen(&b.record), "  and says so");
	drain_pipe(in.from);
	usleep(50000);
	is_int((long)drain_pipe(in.from), 0, "  nothing moves");
	is_int(freeze_for(&b, LONG_MS), 0, "  to freeze it again is fine: %s", b.line);
	is_int(thaw(&b), 0, "  is thawed: %s", b.line);
	ok(!cgroup_is_frozen(&b.record), "  and says so");
	ok(read(in.from, &letter, 1) == 1, "  it goes on");
	is_int(thaw(&b), 0, "  to thaw it again is fine: %s", b.line);
	is_int(freeze_for(&b, LONG_MS), 0, "  frozen once more: %s", b.line);
	is_int(kill_with(&b, SIGKILL), 0, "  all that is killed then dies: %s", b.line);
	is_killed(&in, "  the first");
	is_killed(&below, "  one below");
	is_int(remove_all(&b), 0, "  remove: %s", b.line);
	is_int((long)count_existing(&b), 0, "  all of it");
}

/* One does not freeze: then nobody stays so. */
static void test_time_out(const struct cgroupfs *fs, const char *name)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside in;
	pid_t tid;

	if (!box_init_on(&b, fs, name, "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter_stuck(&b, &tid);
	is_int(freeze_for(&b, SHORT_MS), -ETIMEDOUT,
	       "%s: what does not freeze is waited for in vain", name);
	ok(strstr(b.line, "do not all freeze") && strstr(b.line, name), "  and named: %s", b.line);
	ok(!cgroup_is_frozen(&b.record), "  nothing stays frozen");
	end_stuck(&b, &in, tid);
}

/* A child that freezes and is sent a signal meanwhile: its wait(2) status. */
static int freeze_in_child(struct box *b, int signal, bool ignored, int *ret_said)
{
	int status = 0, ends[2];
	pid_t pid;

	*ret_said = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct sigaction sa = { .sa_handler = ignored ? SIG_IGN : SIG_DFL };
		int r;

		sigaction(signal, &sa, NULL);
		r = cgroup_freeze(&b->record, ignored ? SHORT_MS : LONG_MS, &b->e);
		if (write(ends[1], &r, sizeof(r)) < 0)
			_exit(2);
		_exit(0);
	}
	close(ends[1]);
	for (int i = 0; i < 1000 && !cgroup_is_frozen(&b->record); i++)
		usleep(1000);
	kill(pid, signal);
	waitpid(pid, &status, 0);
	if (read(ends[0], ret_said, sizeof(*ret_said)) < 0)
		*ret_said = 0;
	close(ends[0]);
	return status;
}

static void test_signal(const struct cgroupfs *fs, const char *name)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside in;
	int status, said;
	pid_t tid;

	if (!box_init_on(&b, fs, name, "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter_stuck(&b, &tid);
	status = freeze_in_child(&b, SIGTERM, false, &said);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "%s: a signal ends who freezes",
	   name);
	ok(!cgroup_is_frozen(&b.record), "  but leaves nothing frozen");
	status = freeze_in_child(&b, SIGTERM, true, &said);
	is_int(said, -ETIMEDOUT, "  one that is ignored does not end the waiting");
	ok(!cgroup_is_frozen(&b.record), "  and nothing is frozen");
	end_stuck(&b, &in, tid);
}

/* A cgroup above is frozen: ours cannot be thawed. */
static void test_above(const struct cgroupfs *fs, const char *name, const char *file,
		       const char *freeze, const char *release)
{
	rl_auto(box_done) struct box b = { 0 };
	char above[PATH_MAX], leaf[64];
	struct inside in;
	int r = -ENOENT;

	snprintf(leaf, sizeof(leaf), "%s/a/leaf", name);
	if (!box_init_on(&b, fs, leaf, "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter_and_wait(&b);
	for (size_t i = 0; i < fs->n && r == -ENOENT; i++) {
		snprintf(above, sizeof(above), "%s/%s/%s/%s", fs->h[i].mount, top, name, file);
		r = fdio_write_at(AT_FDCWD, above, freeze);
	}
	is_int(r, 0, "%s: the test can freeze a parent", above);
	for (int i = 0; i < 1000 && !cgroup_is_frozen(&b.record); i++)
		usleep(10000);
	ok(cgroup_is_frozen(&b.record), "  so is what is below");
	is_int(thaw(&b), -EBUSY, "  which cannot be thawed: %s", b.line);
	*strrchr(above, '/') = 0;
	ok(strstr(b.line, above) && !strstr(b.line, "/a above"), "  the parent is named");
	strcat(above, "/");
	strcat(above, file);
	is_int(fdio_write_at(AT_FDCWD, above, release), 0, "  the test can thaw it");
	is_int(thaw(&b), 0, "  then so can we: %s", b.line);
	is_int(kill_with(&b, SIGKILL), 0, "  kill: %s", b.line);
	leave(&in);
	is_int(remove_all(&b), 0, "  remove: %s", b.line);
}

/* Whether it ends in a second; it is not reaped. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	for (int i = 0; i < 1000 && !info.si_pid; i++) {
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
		usleep(1000);
	}
	return info.si_pid == pid;
}

/* SIGKILL to one process of a frozen cgroup. */
static void test_killed(const struct cgroupfs *fs, const char *name)
{
	rl_auto(box_done) struct box b = { 0 };
	struct inside in;

	if (!box_init_on(&b, fs, name, "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter_and_wait(&b);
	is_int(freeze_for(&b, LONG_MS), 0, "%s: freeze: %s", name, b.line);
	kill(in.pid, SIGKILL);
	is_int(say(&b, cgroup_thaw_killed(&b.record, &b.e)), 0, "  what was killed is let go: %s",
	       b.line);
	is_int(cgroup_is_frozen(&b.record), fs != &host, "  v2 needs no thaw for that");
	ok(has_ended(in.pid), "  and dies");
	thaw(&b); /* a failure is no reason to wait for ever */
	leave(&in);
	is_int(remove_all(&b), 0, "  remove: %s", b.line);
}

/* --- errors ---------------------------------------------------------------------------------- */

/* A record without the hierarchy that can freeze. */
static void test_no_freezer(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct cgroup_record one;

	if (!box_init(&b, "none", "") || !one_dir(&b, &one)) {
		skip("needs the pids controller of v1");
		return;
	}
	is_int(say(&b, cgroup_thaw_killed(&b.record, &b.e)), 0,
	       "what is gone is no error for a kill");
	is_int(create(&b), 0, "create: %s", b.line);
	ok(!cgroup_is_frozen(&one), "without a freezer nothing is frozen");
	is_int(say(&b, cgroup_freeze(&one, SHORT_MS, &b.e)), -EOPNOTSUPP, "nor can be: %s", b.line);
	is_int(say(&b, cgroup_thaw_killed(&one, &b.e)), 0, "a kill needs none");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* Only where the record says so, or in each if it says nothing. */
static void test_who_is_asked(void)
{
	static const struct {
		enum cgroup_freezer said;
		bool frozen;
	} rows[] = {
		{ CGROUP_FREEZER_UNKNOWN, true },
		{ CGROUP_FREEZER_V1, true },
		{ CGROUP_FREEZER_NONE, false },
		{ CGROUP_FREEZER_V2, false },
	};
	rl_auto(box_done) struct box b = { 0 };
	size_t one = 0;

	if (!box_init(&b, "asked", "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	while (one < b.record.n && b.record.dirs[one].freezer != CGROUP_FREEZER_V1)
		one++;
	if (one == b.record.n || freeze_for(&b, LONG_MS) < 0) {
		skip("needs the freezer of v1");
	} else {
		for (size_t i = 0; i < RL_COUNT(rows); i++) {
			struct cgroup_record_dir dir = b.record.dirs[one];
			const struct cgroup_record rec = { .dirs = &dir, .n = 1 };

			dir.freezer = rows[i].said;
			is_int(cgroup_is_frozen(&rec), rows[i].frozen, "a record that says %d",
			       (int)rows[i].said);
		}
		is_int(thaw(&b), 0, "thaw: %s", b.line);
	}
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_bad_records(void)
{
	static const struct {
		struct cgroup_record_dir dir;
		size_t n;
		int want;
		const char *words;
	} rows[] = {
		{ { .path = NULL }, 0, -EOPNOTSUPP, "has no cgroup" },
		{ { .path = (char *)"/tmp", .stop = (char *)"/tmp" }, 1, -ENOTDIR, "no cgroup" },
		{ { .path = (char *)"/sys/fs/cgroup/freezer/rundlet-none", .stop = (char *)"/sys" },
		  1,
		  -ENOENT,
		  "gone" },
	};

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		struct cgroup_record_dir dir = rows[i].dir;
		struct cgroup_record rec = { .dirs = &dir, .n = rows[i].n };
		struct box b = { .e = RL_ERR_INIT };

		is_int(say(&b, cgroup_freeze(&rec, SHORT_MS, &b.e)), rows[i].want, "freeze: %s",
		       b.line);
		ok(strstr(b.line, rows[i].words) != NULL, "  it says why");
		is_int(say(&b, cgroup_thaw(&rec, &b.e)), rows[i].want, "thaw: %s", b.line);
	}
}

/* --- cgroup_pids() --------------------------------------------------------------------------- */

static void has_pids(const struct cgroup_record *r, const pid_t *want, size_t n, const char *what)
{
	rl_autofree pid_t *pids = NULL;
	struct rl_err e = RL_ERR_INIT;
	size_t n_pids = 0;

	is_int(cgroup_pids(r, &pids, &n_pids, &e), 0, "%s: %s", what, e.what);
	is_int((long)n_pids, (long)n, "  their number");
	for (size_t i = 0; i < n && i < n_pids; i++)
		is_int(pids[i], want[i], "  process %zu", i);
}

static void test_pids(void)
{
	enum { MANY = 5 };
	rl_auto(box_done) struct box b = { 0 };
	struct inside in[MANY];
	struct cgroup_record one;
	pid_t want[MANY];

	if (!box_init(&b, "pids", "") || create(&b) < 0 || !one_dir(&b, &one)) {
		skip("needs the pids controller of v1");
		return;
	}
	has_pids(&b.record, NULL, 0, "an empty cgroup");
	for (int i = 0; i < MANY; i++) {
		rl_autoclose int fd = open(one.dirs[0].path, O_PATH | O_CLOEXEC);
		char name[16];

		in[i] = fork_waiting();
		want[i] = in[i].pid;
		snprintf(name, sizeof(name), "%d", MANY - i);
		if (i)
			go_down(&fd, name);
		move_process(fd, in[i].pid);
	}
	for (int i = 1; i < MANY; i++)
		if (want[i] < want[i - 1])
			skip("pids have wrapped around");
	has_pids(&one, want, MANY, "processes in it and below it");
	is_int(say(&b, cgroup_kill(&one, SIGKILL, &b.e)), 0, "kill: %s", b.line);
	for (int i = 0; i < MANY; i++)
		leave(&in[i]);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	has_pids(&b.record, NULL, 0, "a cgroup that is gone");
}

/* A process whose threads are in cgroups of their own is listed once, where they belong together.
 */
static void test_threaded(void)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_autoclose int fd = -EBADF;
	struct inside in;

	if (!box_init_on(&b, &only_v2, "threads", "") || create(&b) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter_and_wait(&b);
	fd = open(b.record.dirs[0].path, O_PATH | O_CLOEXEC);
	ok(go_down(&fd, "one") && fdio_write_at(fd, "cgroup.type", "threaded") == 0,
	   "the test can make a threaded cgroup");
	move_process(fd, in.pid);
	has_pids(&b.record, &in.pid, 1, "a process in a threaded cgroup");
	has_pids(&b.record, &in.pid, 1, "and again");
	is_int(kill_with(&b, SIGKILL), 0, "kill: %s", b.line);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_all(void)
{
	const struct cgroupfs_hierarchy *v1 = cgroupfs_find(&host, "freezer");

	if (!v1 || v1->v2) {
		skip("no freezer of v1 here");
	} else {
		test_freeze(&host, "v1");
		test_time_out(&host, "v1-slow");
		test_signal(&host, "v1-signal");
		test_above(&host, "v1-above", "freezer.state", "FROZEN", "THAWED");
		test_killed(&host, "v1-killed");
	}
	test_who_is_asked();
	test_bad_records();
	test_no_freezer();
	test_pids();
	if (!only_v2.n) {
		skip("no v2 hierarchy here");
		return;
	}
	test_freeze(&only_v2, "v2");
	test_time_out(&only_v2, "v2-slow");
	test_signal(&only_v2, "v2-signal");
	test_above(&only_v2, "v2-above", "cgroup.freeze", "1", "0");
	test_killed(&only_v2, "v2-killed");
	test_threaded();
}

int main(void)
{
	return box_main(test_all);
}
