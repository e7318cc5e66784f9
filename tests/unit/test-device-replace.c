/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New device rules for a cgroup in which a process uses devices all the time; and the filter of v2
 * among those of others. Needs root.
 */
#include "tests/unit/device-box.h"

#include <poll.h>

/* --- while it is updated --- */

struct tally {
	long tries, denied;
};

/* Open null and zero all the time; at the signal tell how often it was denied. */
static void open_payload(int out)
{
	struct tally t = { 0 };
	struct pollfd end = { .fd = out };
	sigset_t set;
	char c = 'h';

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (write(out, &c, 1) != 1)
		_exit(1);
	for (;; t.tries++) {
		const struct timespec at_once = { 0 };
		int fd = open(t.tries & 1 ? "/dev/zero" : "/dev/null", O_RDWR | O_CLOEXEC);

		t.denied += fd < 0;
		if (fd >= 0)
			close(fd);
		if (sigtimedwait(&set, NULL, &at_once) == SIGRTMIN)
			break;
	}
	if (write(out, &t, sizeof(t)) != sizeof(t))
		_exit(1);
	poll(&end, 1, -1);
	_exit(0);
}

/* Put the one and the other in force, 200 times. Returns how often that failed. */
static int replace_often(struct box *b, bool v2)
{
	int failed = 0;

	for (int i = 0; i < 200; i++) {
		rl_auto(device_rules_done) struct device_rules l = { 0 };
		rl_auto(device_update_done) struct device_update u;

		load_rules(&l, i % 3);
		if (!update_of(b, v2, &l, &u) || say(b, device_update_apply(&u, &b->e)) < 0)
			failed++;
	}
	return failed;
}

static void test_under_load(const struct cgroupfs *fs, const char *name)
{
	rl_auto(box_done) struct box b = { 0 };
	bool v2 = fs == &only_v2;
	struct tally t = { 0 };
	struct inside in;
	char c = 0;

	if (!box_init_on(&b, fs, name, "") || !ok(create(&b) == 0, "create: %s", b.line))
		return;
	is_int(limits(&b), 0, "limits: %s", b.line);
	in = enter(&b, open_payload);
	ok(read(in.from, &c, 1) == 1, "%s: a process opens null and zero all the time", name);
	is_int(replace_often(&b, v2), 0, "%s: 200 updates: %s", name, b.line);
	kill(in.pid, SIGRTMIN);
	if (read(in.from, &t, sizeof(t)) != sizeof(t))
		ok(false, "the process tells how it went");
	is_int(t.denied, 0, "%s: never denied what is allowed before and after", name);
	ok(t.tries > 200, "%s: it tried often enough", name);
	kill_with(&b, SIGKILL);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* --- v2: our program among those of others --- */

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static unsigned int count_programs(int cgroup)
{
	uint32_t ids[64];
	union bpf_attr attr = { .query = { .target_fd = (uint32_t)cgroup,
					   .attach_type = BPF_CGROUP_DEVICE,
					   .prog_ids = (uintptr_t)ids,
					   .prog_cnt = 64 } };

	return bpf(BPF_PROG_QUERY, &attr) < 0 ? 99 : attr.query.prog_cnt;
}

/* A program that is not ours, and allows all. */
static int attach_foreign(int cgroup)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
				.insns = (uintptr_t)insns,
				.insn_cnt = RL_COUNT(insns),
				.license = (uintptr_t) "x",
				.prog_name = "sd_devices" };
	rl_autoclose int fd = (int)bpf(BPF_PROG_LOAD, &load);
	union bpf_attr attr = { .target_fd = (uint32_t)cgroup,
				.attach_bpf_fd = (uint32_t)fd,
				.attach_type = BPF_CGROUP_DEVICE,
				.attach_flags = BPF_F_ALLOW_MULTI };

	return fd < 0 ? fd : (int)bpf(BPF_PROG_ATTACH, &attr);
}

static void test_others(void)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_autoclose int cgroup = -EBADF;

	if (!box_init_on(&b, &only_v2, "others", "") || !ok(create(&b) == 0, "create"))
		return;
	cgroup = open(b.record.dirs[0].path, O_RDONLY | O_CLOEXEC);
	ok(attach_foreign(cgroup) == 0, "a program of somebody else is attached first");
	is_int(limits(&b), 0, "then ours: %s", b.line);
	ok(attach_foreign(cgroup) == 0, "then another of somebody else");
	is_int(count_programs(cgroup), 3, "three in all");
	is_int(replace_often(&b, true), 0, "200 updates: %s", b.line);
	is_int(count_programs(cgroup), 3, "still three");
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* The longest lists that are taken: the kernel's verifier gives up after a million steps. */
static void test_longest(void)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_auto(device_rules_done) struct device_rules l = { 0 };
	rl_auto(device_update_done) struct device_update u;

	load_rules(&l, 0);
	for (int i = 0; i < 2 * 1024; i++) {
		struct device_rule r = { .allow = i % 3,
					 .type = "abc"[i % 3],
					 .major = i % 4 ? i : DEVICE_ANY,
					 .minor = i % 5 ? i % 7 : DEVICE_ANY,
					 .access = 1 + (unsigned int)i % 7 };

		device_rules_add(&l, &r);
	}
	if (!box_init_on(&b, &only_v2, "longest", "") || !ok(create(&b) == 0, "create"))
		return;
	ok(update_of(&b, true, &l, &u), "2050 rules");
	is_int(say(&b, device_update_apply(&u, &b.e)), 0, "can be loaded: %s", b.line);
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

static void test_all(void)
{
	if (setup_v1())
		test_under_load(&only_v1, "load-v1");
	else
		skip("no devices controller of v1 here");
	if (!only_v2.n) {
		skip("no v2 hierarchy here");
		return;
	}
	test_under_load(&only_v2, "load-v2");
	test_others();
	test_longest();
}

int main(void)
{
	return box_main(test_all);
}
