/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the filter of linux.seccomp: its flags, and its program by the compiler of this build. */
#include "config.h"

#include "security/security.h"

#include "base/auto.h"
#include "base/log.h"
#include "libocispec/ocispec.h"
#include "security/filter-data.h"
#include "security/filter-rules.h"
#include "security/filter-words.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

/* Where our program is more than the kernel takes, libseccomp's may fit: it asks once for what
 * several rules compare alike. */
static int compile(const struct filter_rules *rules, struct flat *f, struct flat_blob *ret,
		   struct rl_err *e)
{
	int r = -E2BIG;

#ifndef RL_LIBSECCOMP_BPF
	r = filter_tree_compile(rules, f, ret, e);
	if (r == -E2BIG)
		log_warn("linux.seccomp: too big a filter for rundlet's compiler, libseccomp's is "
			 "used: of several rules that compare arguments of one call it may not "
			 "ask all");
#endif
	if (r == -E2BIG)
		r = filter_lib_compile(rules, f, ret, e);
	if (r == -E2BIG)
		r = rl_refuse(e, "linux.seccomp",
			      "the filter has too many instructions, the kernel takes %d",
			      BPF_MAXINSNS);
	return r;
}

static int parse_flags(const struct oci_seccomp *s, uint32_t *ret, struct rl_err *e)
{
	uint32_t all = 0;

	/* Absent is not empty: crun and runc set this one then, so that the payload does not pay
	 * for a mitigation that other processes of the host do without. */
	if (!s || !s->flags)
		all = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; s && s->flags && i < s->n_flags; i++) {
		const struct filter_flag *flag = filter_flags;
		char key[RL_ERR_WHERE];

		while (flag->word && strcmp(s->flags[i], flag->word) != 0)
			flag++;
		snprintf(key, sizeof(key), "linux.seccomp.flags[%zu]", i);
		if (!flag->word)
			return rl_refuse(e, key, "\"%s\" is not a flag of filters", s->flags[i]);
		all |= flag->bit;
	}
	*ret = all;
	return 0;
}

static bool lets_pass(const char *action)
{
	return !strcmp(action, "SCMP_ACT_ALLOW") || !strcmp(action, "SCMP_ACT_LOG") ||
	       !strcmp(action, "SCMP_ACT_TRACE") || !strcmp(action, "SCMP_ACT_NOTIFY");
}

/*
 * Whether execve(2) can pass at all: it is the one call that we make behind the filter, and if it
 * is denied, so is mostly all by which we could say so.
 */
static bool may_execute(const struct oci_seccomp *s)
{
	bool passes = lets_pass(s->default_action);

	for (size_t i = 0; i < s->n_syscalls; i++) {
		const struct oci_syscall *rule = s->syscalls[i];

		for (size_t n = 0; n < rule->n_names; n++) {
			if (strcmp(rule->names[n], "execve"))
				continue;
			if (lets_pass(rule->action))
				return true;
			passes = passes && rule->n_args;
		}
	}
	return passes;
}

/* Whether a program can notify. One that returns what it computed is not found out. */
static bool notifies(const struct flat *f, struct flat_blob program)
{
	const struct sock_filter *code = flat_get(f->data, program.off);

	for (size_t i = 0; i < program.len / sizeof(*code); i++)
		if (code[i].code == (BPF_RET | BPF_K) &&
		    (code[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

/*
 * The flags as the kernel takes them together. Without a listener nobody waits for an answer; with
 * one, TSYNC would put the filter on the thread that gives it away, and we have no others.
 */
static uint32_t fit_flags(uint32_t flags, bool listens)
{
	if (listens)
		return (flags & ~(uint32_t)SECCOMP_FILTER_FLAG_TSYNC) |
		       SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return flags & ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

static void settle_flags(uint32_t flags, const struct flat *f, struct filter_plan *ret)
{
	ret->listens = notifies(f, ret->program);
	ret->flags = fit_flags(flags, ret->listens);
	if (flags & ~ret->flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		log_warn("linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is of no use "
			 "without SCMP_ACT_NOTIFY, ignoring");
}

int filter_plan(const struct oci_seccomp *s, bool strict, struct flat *f, struct filter_plan *ret,
		struct rl_err *e)
{
	rl_auto(filter_rules_done) struct filter_rules rules = { 0 };
	uint32_t bits = 0;
	int r;

	r = parse_flags(s, &bits, e);
	if (r == 0)
		r = filter_rules_read(s, strict, &rules, e);
	if (r == 0 && !may_execute(s))
		r = rl_refuse(e, "linux.seccomp",
			      "the filter denies execve: the program could never be executed");
	if (r == 0)
		r = compile(&rules, f, &ret->program, e);
	if (r == 0)
		settle_flags(bits, f, ret);
	return r;
}

int filter_plan_data(const char *data, const char *where, const struct oci_seccomp *s,
		     struct flat *f, struct filter_plan *ret, struct rl_err *e)
{
	uint32_t bits = 0;
	int r = parse_flags(s, &bits, e);

	if (r == 0)
		r = filter_data_read(data, where, f, &ret->program, e);
	if (r == 0)
		settle_flags(bits, f, ret);
	return r;
}
