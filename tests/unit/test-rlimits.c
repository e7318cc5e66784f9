/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/rlimits-host.c, rlimits-guest.c and oom-host.c. HOST raises hard limits, which is tried
 * as a user without privilege; the process itself lowers what is too high, which works everywhere.
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

/* The limit of the child before and after HOST and then the process have done their part. */
static int do_set(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct planned *p = arg;
	const struct rlimit before = { 30, 40 };
	struct rlimit raised, set;
	int r;

	setrlimit(RLIMIT_NOFILE, &before);
	r = rlimits_raise(p->flat.data, &p->plan, getpid(), g->err);
	getrlimit(RLIMIT_NOFILE, &raised);
	if (r == 0)
		r = rlimits_set(g, &p->plan);
	getrlimit(RLIMIT_NOFILE, &set);
	snprintf(text, size, "%d %d, %d %d", (int)raised.rlim_cur, (int)raised.rlim_max,
		 (int)set.rlim_cur, (int)set.rlim_max);
	return r;
}

static void test_set(void)
{
	struct planned p = plan(RLIMIT_NOFILE, "RLIMIT_NOFILE", 17, 23);
	const struct child *c = child_run(do_set, p.flat.data, &p);

	is_int(c->ret, 0, "a limit is set: %s", c->err.what);
	is_str(c->text, "30 40, 17 23", "by the process: until then it has the caller's");
	flat_done(&p.flat);

	p = plan(99, "RLIMIT_X", 1, 1);
	c = child_run(do_set, p.flat.data, &p);
	is_int(c->ret, -EINVAL, "one that the kernel does not know is not");
	is_str(c->err.where, "process.rlimits[0]", "with its key");
	is_str(c->err.what, "ask for the limit RLIMIT_X", "and words");
	flat_done(&p.flat);
}

static int do_lower(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)text;
	(void)size;
	return rlimits_set(g, arg);
}

static void test_set_fails(void)
{
	struct planned p = plan(RLIMIT_NOFILE, "RLIMIT_NOFILE", 9, 8);
	const struct child *c = child_run(do_lower, p.flat.data, &p.plan);

	is_int(c->ret, -EINVAL, "what the kernel refuses is told");
	is_str(c->err.where, "process.rlimits[0]", "with its key");
	is_str(c->err.what, "set the resource limit \"RLIMIT_NOFILE\"", "and words");
	flat_done(&p.flat);
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
	return rlimits_raise(p->flat.data, &p->plan, getpid(), g->err);
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
	test_set_fails();
	test_raise();
	test_oom();
	return tap_done();
}
