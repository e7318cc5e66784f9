/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup/oom-watch.h and stats_open(), for real: a process is killed for its memory. Needs root. */
#include "cgroup/oom-watch.h"

#include "tests/unit/cgroup-box.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define LIMIT    "\"memory\":{\"limit\":8388608}"
#define TOO_MUCH ((size_t)64 << 20)

/* Say hello, wait for SIGRTMIN, then use more memory than there is. */
static void greedy_payload(int out)
{
	volatile char *memory;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (write(out, "h", 1) != 1)
		_exit(1);
	sigwaitinfo(&set, NULL);
	memory = mmap(NULL, TOO_MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; memory != MAP_FAILED && i < TOO_MUCH; i += 4096)
		memory[i] = 1;
	_exit(0);
}

/* Poll as oom-watch.h says, until a kill is seen; at most 10 seconds. */
static bool see_kill(struct oom_watch *w)
{
	int64_t end = time(NULL) + 10;

	while (time(NULL) < end) {
		struct pollfd p = { .fd = w->fd, .events = w->events };

		poll(&p, 1, w->wait_ms >= 0 ? w->wait_ms : 1000);
		if (oom_watch_look(w))
			return true;
	}
	return false;
}

static void test_kill(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct oom_watch w = { .fd = -1 };
	struct rl_err e = RL_ERR_INIT;
	struct stats s = { 0 };
	struct inside in;
	char c = 0;

	if (!box_init(&b, "oom", LIMIT) || create(&b) < 0 ||
	    limits_apply(b.f.data, &b.p, &b.e) < 0) {
		ok(false, "create: %s", b.line);
		return;
	}
	in = enter(&b, greedy_payload);
	ok(read(in.from, &c, 1) == 1 && c == 'h', "a process enters");
	is_int(stats_open(&b.record, NULL, &s, &e), 0, "open the cgroup");
	is_int(s.n, b.record.n, "all of its directories");
	is_int(oom_watch_open(&s, &w, &e), 0, "watch it");
	ok(w.fd >= 0, "the kernel tells");
	ok(!oom_watch_look(&w), "nothing has happened yet");
	kill(in.pid, SIGRTMIN);
	ok(see_kill(&w), "a process is killed for its memory");
	ok(!oom_watch_look(&w), "which is told once");
	ok(WTERMSIG(leave(&in)) == SIGKILL, "it is");
	ok(!oom_watch_look_last(&w, 1), "and not told again in the end");
	is_int(oom_watch_count(&b.record), 1, "it is counted");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	ok(!oom_watch_look(&w), "a cgroup that is removed is no kill");
	is_int(w.fd, -1, "and is not polled any more");
	is_int(w.wait_ms, -1, "nor looked at");
	ok(!oom_watch_look_last(&w, 1), "nor is it one in the end");
	ok(oom_watch_look_last(&w, 2), "unless one more was counted");
	is_int(oom_watch_count(&b.record), 0, "nothing is counted any more");
	oom_watch_close(&w);
	stats_close(&s);
}

/* The end that nobody saw the counter of: memory ran out, and then the cgroup was gone. */
static void test_removed(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct oom_watch w = { .fd = -1 };
	struct rl_err e = RL_ERR_INIT;
	struct stats s = { 0 };

	if (!box_init(&b, "gone", "") || create(&b) < 0)
		return;
	cgroup_close(b.f.data, &b.p);
	is_int(stats_open(&b.record, NULL, &s, &e), 0, "open the cgroup");
	is_int(oom_watch_open(&s, &w, &e), 0, "watch it");
	w.unsettled = true;
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	ok(oom_watch_look_last(&w, 0), "memory ran out just before the end");
	oom_watch_close(&w);
	stats_close(&s);
}

/* With the controllers of v2 that this host leaves to it; a hybrid has memory elsewhere. */
static void test_without(void)
{
	rl_auto(box_done) struct box b = { 0 };
	struct oom_watch w = { .fd = -1 };
	struct rl_err e = RL_ERR_INIT;
	struct stats s = { 0 };

	if (!only_v2.n || cgroupfs_find(&only_v2, "memory")) {
		skip("no v2 hierarchy without memory here");
		return;
	}
	if (!box_init_on(&b, &only_v2, "without", "") || create(&b) < 0)
		return;
	cgroup_close(b.f.data, &b.p);
	is_int(stats_open(&b.record, NULL, &s, &e), 0, "open a cgroup without memory controller");
	is_int(oom_watch_open(&s, &w, &e), 0, "it is watched");
	is_int(w.fd, -1, "for nothing");
	ok(!oom_watch_look(&w) && !oom_watch_look_last(&w, 0), "which does not happen");
	oom_watch_close(&w);
	stats_close(&s);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_all(void)
{
	if (cgroupfs_find(&host, "memory")) {
		test_kill();
		test_removed();
	} else {
		skip("no memory controller here");
	}
	test_without();
}

int main(void)
{
	return box_main(test_all);
}
