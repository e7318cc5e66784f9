/* SPDX-License-Identifier: Apache-2.0 */
/* process/scheduling-plan.c and scheduling-host.c: planned, refused, and asked of the kernel. */
#include "guest-child.h"
#include "process/scheduling.h"

#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <sys/syscall.h>

struct planned {
	struct flat flat;
	struct scheduling_plan plan;
	struct rl_err err;
	int r;
};

static struct planned plan_for(bool joins, const char *members)
{
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c = config_load(
		&doc, "{\"ociVersion\":\"1.3.0\",\"process\":{\"cwd\":\"/\",%s}}", members);

	flat_init(&p.flat, 8);
	p.r = scheduling_plan(c->process, joins, &p.flat, &p.plan, &p.err);
	oci_done(&doc);
	return p;
}

static void refused(const char *members, const char *where, const char *what)
{
	struct planned p = plan_for(false, members);

	is_int(p.r, -EINVAL, "refused: %s", members);
	is_str(p.err.where, where, "with its key");
	ok(strstr(p.err.what, what), "and its reason: %s", p.err.what);
	flat_done(&p.flat);
}

#define S(policy, more)  "\"scheduler\":{\"policy\":\"" policy "\"" more "}"
#define IO(class, more)  "\"ioPriority\":{\"class\":\"" class "\"" more "}"
#define CPUS(which, cpu) "\"execCPUAffinity\":{\"" which "\":\"" cpu "\"}"
#define TIMES(r, d, p)   ",\"runtime\":" r ",\"deadline\":" d ",\"period\":" p

static void test_policies(void)
{
	static const struct {
		const char *members;
		uint32_t number;
		int nice;
		uint32_t priority;
	} rows[] = {
		{ S("SCHED_OTHER", ",\"nice\":-20"), 0, -20, 0 },
		{ S("SCHED_FIFO", ",\"priority\":99"), 1, 0, 99 },
		{ S("SCHED_RR", ",\"priority\":1"), 2, 0, 1 },
		{ S("SCHED_BATCH", ",\"nice\":19"), 3, 19, 0 },
		{ S("SCHED_IDLE", ",\"nice\":0,\"priority\":0"), 5, 0, 0 },
		{ S("SCHED_DEADLINE", TIMES("1024", "2000", "0")), 6, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct planned p = plan_for(false, rows[i].members);

		is_int(p.r, 0, "%s: %s", rows[i].members, p.err.what);
		is_int(p.plan.policy_number, rows[i].number, "its number");
		is_int(p.plan.nice, rows[i].nice, "nice");
		is_int(p.plan.priority, rows[i].priority, "priority");
		is_int(scheduling_is_childless(&p.plan), rows[i].number == 6,
		       "only SCHED_DEADLINE lets it start no other process");
		flat_done(&p.flat);
	}
}

static void test_flags(void)
{
	struct planned p = plan_for(
		false, S("SCHED_DEADLINE",
			 TIMES("2000", "3000",
			       "4000") ",\"flags\":["
				       "\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_RECLAIM\","
				       "\"SCHED_FLAG_UTIL_CLAMP_MAX\"]"));

	is_int(p.r, 0, "flags: %s", p.err.what);
	is_int((long)p.plan.flags, 0x43, "their numbers");
	is_int((long)p.plan.runtime, 2000, "runtime");
	is_int((long)p.plan.deadline, 3000, "deadline");
	is_int((long)p.plan.period, 4000, "period");
	ok(!scheduling_is_childless(&p.plan), "with RESET_ON_FORK it may start others");
	flat_done(&p.flat);
}

static void test_refused(void)
{
	refused(S("SCHED_ISO", ""), "process.scheduler.policy", "no Linux kernel has");
	refused(S("SCHED_OTHER", ",\"nice\":20"), "process.scheduler.nice", "between -20 and 19");
	refused(S("SCHED_FIFO", ",\"priority\":1,\"nice\":1"), "process.scheduler.nice",
		"does not count for SCHED_FIFO");
	refused(S("SCHED_FIFO", ""), "process.scheduler.priority", "between 1 and 99");
	refused(S("SCHED_RR", ",\"priority\":100"), "process.scheduler.priority", "between");
	refused(S("SCHED_OTHER", ",\"priority\":1"), "process.scheduler.priority",
		"does not count for SCHED_OTHER");
	refused(S("SCHED_IDLE", ",\"runtime\":1"), "process.scheduler.runtime", "does not count");
	refused(S("SCHED_IDLE", ",\"deadline\":1"), "process.scheduler.deadline", "not count");
	refused(S("SCHED_IDLE", ",\"period\":1"), "process.scheduler.period", "does not count");
	refused(S("SCHED_DEADLINE", ""), "process.scheduler.runtime", "below 1024");
	refused(S("SCHED_DEADLINE", TIMES("2000", "1999", "0")), "process.scheduler.deadline",
		"less than the runtime");
	refused(S("SCHED_DEADLINE", TIMES("2000", "3000", "2999")), "process.scheduler.period",
		"less than the deadline");
	refused(S("SCHED_DEADLINE", TIMES("2000", "9223372036854775808", "0")), "process.scheduler",
		"at most");
	refused(IO("IOPRIO_CLASS_BE", ",\"priority\":8"), "process.ioPriority.priority",
		"between 0 and 7");
	refused(IO("IOPRIO_CLASS_BE", ",\"priority\":-1"), "process.ioPriority.priority",
		"between 0 and 7");
	refused(CPUS("initial", "1-"), "process.execCPUAffinity.initial", "not a list");
	refused(CPUS("final", "8192"), "process.execCPUAffinity.final", "below 8192");
}

static void test_cpus(void)
{
	struct planned p = plan_for(false, CPUS("final", "0"));

	is_int(p.plan.cpus_after, 0, "execCPUAffinity is not for the first process");
	flat_done(&p.flat);
	p = plan_for(true, CPUS("final", "65"));
	is_str(flat_get_str(p.flat.data, p.plan.cpus_after), "65", "but for one that joins");
	is_int((long)((const uint64_t *)flat_get(p.flat.data, p.plan.bits_after.off))[1], 2,
	       "as bits");
	is_int(p.plan.cpus_before, 0, "of the other list nothing is said");
	flat_done(&p.flat);
	p = plan_for(true, CPUS("initial", ""));
	is_int(p.r, 0, "an empty list is none");
	is_int(p.plan.cpus_before, 0, "and does nothing");
	flat_done(&p.flat);
}

/* ---- asked of the kernel ----------------------------------------------------------------------
 */

static int do_apply(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct scheduling_plan *p = arg;
	int r = scheduling_start(g->base, p, g->err);
	cpu_set_t cpus;

	if (r == 0)
		r = scheduling_apply(g->base, p, getpid(), g->err);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	snprintf(text, size, "policy %d nice %d io %ld cpus %d", sched_getscheduler(0),
		 getpriority(PRIO_PROCESS, 0), syscall(__NR_ioprio_get, 1, 0), CPU_COUNT(&cpus));
	return r;
}

static const struct child *apply(const char *members)
{
	struct planned p = plan_for(true, members);
	const struct child *c = child_run(do_apply, p.flat.data, &p.plan);

	flat_done(&p.flat);
	return c;
}

static void test_apply(void)
{
	const struct child *c = apply(S("SCHED_BATCH", ",\"nice\":3") "," IO(
		"IOPRIO_CLASS_IDLE", ",\"priority\":0") "," CPUS("final", "0"));

	is_int(c->ret, 0, "set: %s", c->err.what);
	is_str(c->text, "policy 3 nice 3 io 24576 cpus 1", "policy, nice, I/O class, CPUs");
	c = apply(CPUS("initial", "0"));
	is_int(c->ret, 0, "initial alone: %s", c->err.what);
	ok(strstr(c->text, "cpus 1"), "is for us: %s", c->text);
	c = apply(CPUS("final", "8191"));
	is_int(c->ret, -EINVAL, "CPUs that are not there");
	is_str(c->err.where, "process.execCPUAffinity.final", "have their key");
	is_str(c->err.what, "run on the CPUs 8191", "words");
	ok(strstr(c->err.hint, "cpuset"), "and a hint");
}

/* As a user without privilege. */
static int do_plain(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_RTPRIO, &none);
	setrlimit(RLIMIT_NICE, &none);
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresuid(1000, 1000, 1000) < 0))
		return -errno;
	return do_apply(g, arg, text, size);
}

static void denied(const char *members, const char *where, const char *what, const char *hint)
{
	struct planned p = plan_for(true, members);
	const struct child *c = child_run(do_plain, p.flat.data, &p.plan);

	is_int(c->ret, -EPERM, "not without privilege: %s", members);
	is_str(c->err.where, where, "its key");
	is_str(c->err.what, what, "words");
	ok(strstr(c->err.hint, hint), "and a hint: %s", c->err.hint);
	flat_done(&p.flat);
}

static void test_denied(void)
{
	denied(S("SCHED_FIFO", ",\"priority\":1"), "process.scheduler",
	       "give the process the policy SCHED_FIFO", "realtimeRuntime");
	denied(S("SCHED_DEADLINE", TIMES("10000", "20000000", "0")), "process.scheduler",
	       "give the process the policy SCHED_DEADLINE", "CAP_SYS_NICE");
	denied(S("SCHED_OTHER", ",\"nice\":-5"), "process.scheduler",
	       "give the process the policy SCHED_OTHER", "RLIMIT_NICE");
	denied(IO("IOPRIO_CLASS_RT", ",\"priority\":0"), "process.ioPriority",
	       "give the process the I/O priority IOPRIO_CLASS_RT, 0", "CAP_SYS_ADMIN");
}

int main(void)
{
	test_policies();
	test_flags();
	test_refused();
	test_cpus();
	test_apply();
	test_denied();
	return tap_done();
}
