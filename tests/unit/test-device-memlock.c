/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a device filter on a kernel that counts programs as locked memory (before 5.11): such a
 * kernel is played by a seccomp listener that answers EPERM. Needs root.
 */
#include "cgroup/devices/device-rules.h"
#include "tests/unit/cgroup-box.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define SOFT ((rlim_t)4096)
#define HARD ((rlim_t)65536)

/* One attempt, in a thread whose bpf(BPF_PROG_LOAD) is answered by the main thread. */
struct attempt {
	int cgroup;
	int listener; /* -1: not yet; -2: cannot be had */
	int result;
	int ended[2];
};

static int listen_to_loads(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_PROG_LOAD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { RL_COUNT(insns), insns };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void *attempt(void *arg)
{
	static const struct device_rule deny = {
		.type = 'a', .major = DEVICE_ANY, .minor = DEVICE_ANY, .access = DEVICE_ALL
	};
	rl_auto(device_rules_done) struct device_rules rules = { 0 };
	rl_autofree struct bpf_insn *insns = NULL;
	struct attempt *a = arg;
	int listener = listen_to_loads();
	size_t n;

	device_rules_add(&rules, &deny);
	device_filter_make(&rules, &insns, &n);
	__atomic_store_n(&a->listener, listener < 0 ? -2 : listener, __ATOMIC_SEQ_CST);
	a->result = listener < 0 ? -ENOSYS : device_filter_attach(insns, n, a->cgroup);
	close(a->ended[1]);
	return NULL;
}

/* Answer the loads: the first `denied` ones with EPERM. Returns how many there were. */
static int answer(const struct attempt *a, int denied, struct rlimit *ret_last)
{
	struct pollfd fds[2] = { { a->listener, POLLIN, 0 }, { a->ended[0], POLLIN, 0 } };
	int loads = 0;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		struct seccomp_notif in = { 0 };
		struct seccomp_notif_resp out = { 0 };

		if (ioctl(a->listener, SECCOMP_IOCTL_NOTIF_RECV, &in) < 0)
			break;
		getrlimit(RLIMIT_MEMLOCK, ret_last);
		out.id = in.id;
		if (loads++ < denied)
			out.error = -EPERM;
		else
			out.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(a->listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
	}
	return loads;
}

/* Attach a filter while that many loads are denied. False: it cannot be played here. */
static bool play(int cgroup, int denied, int *ret_result, int *ret_loads, struct rlimit *ret_last)
{
	struct attempt a = { .cgroup = cgroup, .listener = -1 };
	pthread_t thread;
	int listener;

	if (pipe2(a.ended, O_CLOEXEC) < 0 || pthread_create(&thread, NULL, attempt, &a))
		return false;
	do {
		listener = __atomic_load_n(&a.listener, __ATOMIC_SEQ_CST);
		sched_yield();
	} while (listener == -1);
	*ret_loads = listener >= 0 ? answer(&a, denied, ret_last) : 0;
	pthread_join(thread, NULL);
	close(a.ended[0]);
	if (listener >= 0)
		close(listener);
	*ret_result = a.result;
	return listener >= 0;
}

static void test_all(void)
{
	const struct rlimit small = { SOFT, HARD };
	rl_auto(box_done) struct box b = { 0 };
	struct rlimit at_load = { 0 }, after;
	rl_autoclose int cgroup = -EBADF;
	int result, loads;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!only_v2.n || setrlimit(RLIMIT_MEMLOCK, &small) < 0) {
		skip("needs cgroup v2");
		return;
	}
	if (!box_init_on(&b, &only_v2, "memlock", "") || !ok(create(&b) == 0, "create: %s", b.line))
		return;
	cgroup = open(b.record.dirs[0].path, O_RDONLY | O_CLOEXEC);
	if (!play(cgroup, 1, &result, &loads, &at_load)) {
		skip("no seccomp listener here");
	} else {
		is_int(result, 0, "a filter that is loaded at the second attempt");
		is_int(loads, 2, "which is the last one");
		ok(at_load.rlim_cur >= HARD, "with the limit as high as it may be");
		getrlimit(RLIMIT_MEMLOCK, &after);
		ok(after.rlim_cur == SOFT, "the limit is what it was");

		play(cgroup, 99, &result, &loads, &at_load);
		is_int(result, -EPERM, "a filter that may not be loaded");
		is_int(loads, 2, "is tried twice");
		getrlimit(RLIMIT_MEMLOCK, &after);
		ok(after.rlim_cur == SOFT, "the limit is what it was");

		play(cgroup, 0, &result, &loads, &at_load);
		is_int(result, 0, "a kernel that does not count it");
		is_int(loads, 1, "is asked once");
		ok(at_load.rlim_cur == SOFT, "and no limit is touched");
	}
	cgroup_close(b.f.data, &b.p);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

int main(void)
{
	return box_main(test_all);
}
