/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans how the kernel shares CPUs and disks with a process; see scheduling.h. What the kernel
 * would refuse with no more than EINVAL, or leave out in silence, is refused here by its name.
 * Pure.
 */
#include "process/scheduling.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "spec/numberlist.h"

#include <inttypes.h>
#include <string.h>

#define KEY           "process.scheduler"
#define NICE_MIN      (-20)
#define NICE_MAX      19
#define PRIORITY_MAX  99
#define RUNTIME_MIN   1024 /* nanoseconds: the kernel counts no finer */
#define IO_MAX        7
#define RESET_ON_FORK 0x01
#define DEADLINE      6
#define CPUS          8192 /* more than any kernel is built for */

enum counts { SCHEDULING_NICE, SCHEDULING_PRIORITY, SCHEDULING_TIMES };

static const struct policy {
	const char *word;
	uint32_t number;
	enum counts counts;
} policies[] = {
#define POLICY(word, number, counts) { #word, number, counts },
#include "process/scheduling.def"
#undef POLICY
};

struct name {
	const char *word;
	uint32_t number;
};

static const struct name flag_names[] = {
#define FLAG(word, number) { #word, number },
#include "process/scheduling.def"
#undef FLAG
};

static const struct name class_names[] = {
#define IO_CLASS(word, number) { #word, number },
#include "process/scheduling.def"
#undef IO_CLASS
};

static const struct policy *find_policy(const char *word)
{
	for (size_t i = 0; i < RL_COUNT(policies); i++)
		if (!strcmp(policies[i].word, word))
			return &policies[i];
	return NULL;
}

static const struct name *find_name(const struct name *names, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i].word, word))
			return &names[i];
	return NULL;
}

/* A member that does not count for the policy. */
static int stray(const char *key, const char *policy, struct rl_err *e)
{
	return rl_refuse(e, key, "does not count for %s", policy);
}

static int check_nice(const struct oci_scheduler *s, const struct policy *p, struct rl_err *e)
{
	if (p->counts != SCHEDULING_NICE && s->nice)
		return stray(KEY ".nice", p->word, e);
	if (s->nice < NICE_MIN || s->nice > NICE_MAX)
		return rl_refuse(e, KEY ".nice", "%" PRId64 " is not between %d and %d", s->nice,
				 NICE_MIN, NICE_MAX);
	return 0;
}

static int check_priority(const struct oci_scheduler *s, const struct policy *p, struct rl_err *e)
{
	if (p->counts != SCHEDULING_PRIORITY)
		return s->priority ? stray(KEY ".priority", p->word, e) : 0;
	if (s->priority < 1 || s->priority > PRIORITY_MAX)
		return rl_refuse(e, KEY ".priority", "%" PRId64 " is not between 1 and %d",
				 s->priority, PRIORITY_MAX);
	return 0;
}

static int check_times(const struct oci_scheduler *s, const struct policy *p, struct rl_err *e)
{
	if (p->counts != SCHEDULING_TIMES) {
		if (s->runtime)
			return stray(KEY ".runtime", p->word, e);
		if (s->deadline)
			return stray(KEY ".deadline", p->word, e);
		return s->period ? stray(KEY ".period", p->word, e) : 0;
	}
	if (s->runtime < RUNTIME_MIN)
		return rl_refuse(e, KEY ".runtime", "%" PRIu64 " is below %d nanoseconds",
				 s->runtime, RUNTIME_MIN);
	if (s->runtime > s->deadline)
		return rl_refuse(e, KEY ".deadline",
				 "%" PRIu64 " is less than the runtime, %" PRIu64, s->deadline,
				 s->runtime);
	/* Without a period it is the deadline (sched_setattr(2)). */
	if (s->period && s->deadline > s->period)
		return rl_refuse(e, KEY ".period",
				 "%" PRIu64 " is less than the deadline, %" PRIu64, s->period,
				 s->deadline);
	if (s->deadline > INT64_MAX || s->period > INT64_MAX)
		return rl_refuse(e, KEY, "deadline and period are at most %" PRId64, INT64_MAX);
	return 0;
}

static int plan_flags(const struct oci_scheduler *s, struct scheduling_plan *p, struct rl_err *e)
{
	for (size_t i = 0; i < s->n_flags; i++) {
		const struct name *n = find_name(flag_names, RL_COUNT(flag_names), s->flags[i]);
		char key[RL_ERR_WHERE];

		snprintf(key, sizeof(key), KEY ".flags[%zu]", i);
		if (!n)
			return rl_refuse(e, key, "\"%.64s\" is not a flag", s->flags[i]);
		p->flags |= n->number;
	}
	return 0;
}

static int plan_policy(const struct oci_scheduler *s, struct flat *f, struct scheduling_plan *p,
		       struct rl_err *e)
{
	const struct policy *policy = find_policy(s->policy);
	int r;

	if (!policy)
		return rl_refuse(e, KEY ".policy", "no Linux kernel has \"%.64s\"", s->policy);
	r = check_nice(s, policy, e);
	if (r == 0)
		r = check_priority(s, policy, e);
	if (r == 0)
		r = check_times(s, policy, e);
	if (r == 0)
		r = plan_flags(s, p, e);
	if (r < 0)
		return r;
	p->policy = flat_add_str(f, policy->word);
	p->policy_number = policy->number;
	p->nice = (int32_t)s->nice;
	p->priority = (uint32_t)s->priority;
	p->runtime = s->runtime;
	p->deadline = s->deadline;
	p->period = s->period;
	return 0;
}

static int plan_io(const struct oci_io_priority *io, struct flat *f, struct scheduling_plan *p,
		   struct rl_err *e)
{
	const struct name *n = find_name(class_names, RL_COUNT(class_names), io->class);

	if (!n)
		return rl_refuse(e, "process.ioPriority.class", "\"%.64s\" is not a class",
				 io->class);
	if (io->priority < 0 || io->priority > IO_MAX)
		return rl_refuse(e, "process.ioPriority.priority",
				 "%" PRId64 " is not between 0 and %d", io->priority, IO_MAX);
	p->io_class = flat_add_str(f, n->word);
	p->io_class_number = n->number;
	p->io_priority = (uint32_t)io->priority;
	return 0;
}

/* Where the list is empty, nothing is asked. */
static int plan_cpus(const char *text, const char *where, bool joins, struct flat *f,
		     flat_str *ret_text, struct flat_list *ret_bits, struct rl_err *e)
{
	uint64_t bits[CPUS / 64] = { 0 };
	int r;

	if (!text || !text[0])
		return 0;
	r = numberlist_parse(text, bits, CPUS, where, e);
	if (r < 0 || !joins)
		return r;
	*ret_text = flat_add_str(f, text);
	*ret_bits = flat_add_list(f, bits, RL_COUNT(bits), sizeof(bits[0]));
	return 0;
}

int scheduling_plan(const struct oci_process *proc, bool joins, struct flat *f,
		    struct scheduling_plan *ret, struct rl_err *e)
{
	const struct oci_cpu_affinity *a = proc->exec_cpu_affinity;
	struct scheduling_plan p = { 0 };
	int r = 0;

	if (proc->scheduler)
		r = plan_policy(proc->scheduler, f, &p, e);
	if (r == 0 && proc->io_priority)
		r = plan_io(proc->io_priority, f, &p, e);
	if (r == 0 && a)
		r = plan_cpus(a->initial, "process.execCPUAffinity.initial", joins, f,
			      &p.cpus_before, &p.bits_before, e);
	if (r == 0 && a)
		r = plan_cpus(a->final, "process.execCPUAffinity.final", joins, f, &p.cpus_after,
			      &p.bits_after, e);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

bool scheduling_is_childless(const struct scheduling_plan *p)
{
	return p->policy && p->policy_number == DEADLINE && !(p->flags & RESET_ON_FORK);
}

static void report_policy(struct report *r, const void *base, const struct scheduling_plan *p)
{
	report_object(r, "scheduler");
	report_str(r, "policy", flat_get_str(base, p->policy));
	if (p->nice)
		report_i64(r, "nice", p->nice);
	if (p->priority)
		report_u64(r, "priority", p->priority);
	if (p->runtime) {
		report_fmt(r, "runtime", "%" PRIu64 " ns", p->runtime);
		report_fmt(r, "deadline", "%" PRIu64 " ns", p->deadline);
		report_fmt(r, "period", "%" PRIu64 " ns", p->period ? p->period : p->deadline);
	}
	if (p->flags)
		report_list(r, "flags");
	for (size_t i = 0; i < RL_COUNT(flag_names); i++)
		if (p->flags & flag_names[i].number)
			report_str(r, NULL, flag_names[i].word);
	if (p->flags)
		report_close(r);
	report_close(r);
}

void scheduling_report(struct report *r, const void *base, const struct scheduling_plan *p)
{
	if (p->policy)
		report_policy(r, base, p);
	if (p->io_class)
		report_fmt(r, "ioPriority", "%s, %" PRIu32, flat_get_str(base, p->io_class),
			   p->io_priority);
	if (p->cpus_before)
		report_str(r, "cpusAtFirst", flat_get_str(base, p->cpus_before));
	if (p->cpus_after)
		report_str(r, "cpus", flat_get_str(base, p->cpus_after));
}
