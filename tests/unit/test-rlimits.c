/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/rlimits-host.c and oom-host.c: limits of a child, set from outside. The child is a user
 * without privilege, so that lowering works everywhere; raising is tried as such a user.
 */
#include "guest-child.h"
#include "process/process.h"

#include <grp.h>
#include <sys/prctl.h>

struct planned {
	struct flat flat;
	struct process_plan plan;
};

static struct planned plan(unsigned int resource, const char *name, uint64_t soft, uint64_t hard)
{
	struct planned p = { 0 };
	struct rlimit_entry l = { .resource = resource, .soft = soft, .hard = hard };

	flat_init(&p.flat, 8);
	l.where = flat_add_str(&p.flat, "process.rlimits[0]");
	l.name = flat_add_str(&p.flat, name);
	p.plan.rlimits = flat_add_list(&p.flat, &l, 1, sizeof(l));
	return p;
}

/* A child that waits for the end of its pipe. */
static pid_t start(int *ret_fd)
{
	int down[2];
	char c;
	pid_t pid;

	if (pipe2(down, O_CLOEXEC) < 0)
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		_exit(read(down[0], &c, 1) != 0);
	}
	close(down[0]);
	*ret_fd = down[1];
	return pid;
}

static void test_set(void)
{
	struct planned p = plan(RLIMIT_NOFILE, "RLIMIT_NOFILE", 17, 23);
	struct rl_err e = RL_ERR_INIT;
	struct rlimit got = { 0, 0 };
	int fd = -1;
	pid_t pid = start(&fd);

	is_int(rlimits_apply(p.flat.data, &p.plan, pid, &e), 0, "a limit is set: %s", e.what);
	prlimit(pid, RLIMIT_NOFILE, NULL, &got);
	is_int(got.rlim_cur, 17, "soft");
	is_int(got.rlim_max, 23, "hard");
	flat_done(&p.flat);

	p = plan(99, "RLIMIT_X", 1, 1);
	is_int(rlimits_apply(p.flat.data, &p.plan, pid, &e), -EINVAL,
	       "one that the kernel does not know is not");
	is_str(e.where, "process.rlimits[0]", "with its key");
	is_str(e.what, "set RLIMIT_X to 1, at most 1", "and words");
	flat_done(&p.flat);
	close(fd);
	waitpid(pid, NULL, 0);
}

/* Without privilege, on ourselves: no other process would let us. */
static int do_raise(struct guest *g, const void *arg, char *text, size_t size)
{
	struct planned *p = (struct planned *)(uintptr_t)arg;
	const struct rlimit low = { 10, 20 };

	(void)text;
	(void)size;
	setrlimit(RLIMIT_NOFILE, &low);
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresuid(1000, 1000, 1000) < 0))
		return -errno;
	return rlimits_apply(p->flat.data, &p->plan, getpid(), g->err);
}

static void test_raise(void)
{
	struct planned p = plan(RLIMIT_NOFILE, "RLIMIT_NOFILE", 10, RLIM_INFINITY);
	const struct child *c = child_run(do_raise, NULL, &p);

	is_int(c->ret, -EPERM, "a hard limit cannot be raised without privilege");
	is_str(c->err.where, "process.rlimits[0]", "with its key");
	is_str(c->err.what, "set RLIMIT_NOFILE to 10, at most unlimited", "and words");
	ok(strstr(c->err.hint, "above 20 needs CAP_SYS_RESOURCE"), "and what to do: %s",
	   c->err.hint);
	flat_done(&p.flat);
}

static int do_oom(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct process_plan *p = arg;
	int r;

	if (p->oom_score_adj < 0 && geteuid() == 0) {
		if (setresuid(1000, 1000, 1000) < 0)
			return -errno;
		/* So that the files in /proc are the user's. */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	}
	r = oom_apply(NULL, p, getpid(), g->err);
	child_read("/proc/self/oom_score_adj", text, size);
	return r;
}

static void test_oom(void)
{
	struct process_plan p = { .has_oom_score_adj = 1, .oom_score_adj = 700 };
	const struct child *c = child_run(do_oom, NULL, &p);
	char own[32] = "";

	is_int(c->ret, 0, "oom_score_adj is written: %s", c->err.what);
	is_str(c->text, "700\n", "and is there");
	p.has_oom_score_adj = 0;
	child_read("/proc/self/oom_score_adj", own, sizeof(own));
	c = child_run(do_oom, NULL, &p);
	is_str(c->text, own, "without oomScoreAdj it stays as it is");
	p = (struct process_plan){ .has_oom_score_adj = 1, .oom_score_adj = -1000 };
	c = child_run(do_oom, NULL, &p);
	is_int(c->ret, -EACCES, "it cannot be lowered without privilege");
	is_str(c->err.where, "process.oomScoreAdj", "with its key");
	ok(!strncmp(c->err.what, "write \"-1000\" to /proc/", 23), "and words: %s", c->err.what);
	ok(strstr(c->err.hint, "CAP_SYS_RESOURCE"), "and what to do");
}

int main(void)
{
	test_set();
	test_raise();
	test_oom();
	return tap_done();
}
