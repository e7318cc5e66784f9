/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles linux.seccomp to a BPF program with libseccomp. Pure, but for a file in memory: the
 * library can only write its result to a descriptor.
 */
#include "security/security.h"

#include "base/auto.h"
#include "base/log.h"
#include "libocispec/ocispec.h"
#include "os/scratch.h"
#include "security/filter-words.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>

#define FILTER_NAMES_MAX 65536 /* names in all rules; profiles of engines have some 400 */
#define FILTER_ARGS_MAX  64    /* conditions of one rule */
#define FILTER_INDEXES   6     /* arguments of a system call */
#define FILTER_ERRNO_MAX 4094  /* libseccomp refuses MAX_ERRNO of the kernel itself */

/* What is common to all rules of a filter that is being compiled. */
struct filter {
	scmp_filter_ctx ctx;
	uint32_t default_action;
	size_t n_names;
};

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

/* The action with its errno. `where` is the object that has it, member the name of the errno. */
static int parse_action(const char *word, bool has_errno, uint32_t error, const char *where,
			const char *action_member, const char *errno_member, uint32_t *ret,
			struct rl_err *e)
{
	const struct filter_action *a = filter_actions;
	char key[RL_ERR_WHERE];

	while (a->word && (!word || strcmp(word, a->word) != 0))
		a++;
	snprintf(key, sizeof(key), "%s.%s", where, action_member);
	if (!a->word)
		return rl_refuse(e, key, "\"%s\" is not an action", word ? word : "");
	if (a->value == SCMP_ACT_NOTIFY)
		return rl_refuse(e, key, "%s is not carried out yet by this version", word);
	snprintf(key, sizeof(key), "%s.%s", where, errno_member);
	if (has_errno && !a->takes_errno)
		return rl_refuse(e, key, "%s has no errno to return", word);
	if (has_errno && error > FILTER_ERRNO_MAX)
		return rl_refuse(e, key, "%" PRIu32 " is above %d, the highest errno", error,
				 FILTER_ERRNO_MAX);
	if (a->takes_errno)
		*ret = a->value | (has_errno ? error : EPERM);
	else
		*ret = a->value;
	return 0;
}

static int parse_flags(const struct oci_seccomp *s, uint32_t *ret, struct rl_err *e)
{
	uint32_t all = 0;

	/* Absent is not empty: crun and runc set this one then, so that the payload does not pay
	 * for a mitigation that other processes of the host do without. */
	if (!s->flags)
		all = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; s->flags && i < s->n_flags; i++) {
		const struct filter_flag *flag = filter_flags;
		char key[RL_ERR_WHERE];

		while (flag->word && strcmp(s->flags[i], flag->word) != 0)
			flag++;
		snprintf(key, sizeof(key), "linux.seccomp.flags[%zu]", i);
		if (!flag->word)
			return rl_refuse(e, key, "\"%s\" is not a flag of filters", s->flags[i]);
		if (!flag->bit)
			return rl_refuse(e, key, "%s is not carried out yet by this version",
					 flag->word);
		all |= flag->bit;
	}
	*ret = all;
	return 0;
}

/* seccomp_init() has added the native architecture. */
static int add_archs(const struct filter *t, const struct oci_seccomp *s, struct rl_err *e)
{
	for (size_t i = 0; i < s->n_architectures; i++) {
		const char *word = s->architectures[i];
		uint32_t token = 0;
		char key[RL_ERR_WHERE];
		int r;

		for (const struct filter_arch *a = filter_archs; a->word && !token; a++)
			if (!strcmp(word, a->word))
				token = seccomp_arch_resolve_name(a->name);
		snprintf(key, sizeof(key), "linux.seccomp.architectures[%zu]", i);
		if (!token)
			return rl_refuse(e, key,
					 "\"%s\" is not an architecture that this libseccomp knows",
					 word);
		r = seccomp_arch_add(t->ctx, token);
		if (r == -EDOM)
			return rl_refuse(e, key, "%s has another byte order than this host", word);
		if (r < 0 && r != -EEXIST)
			return rl_fail_at(e, r, key, "add %s to the filter", word);
	}
	return 0;
}

static int parse_arg(const struct oci_syscall_arg *a, const char *where, struct scmp_arg_cmp *ret,
		     struct rl_err *e)
{
	const struct filter_operator *op = filter_operators;

	if (a->index >= FILTER_INDEXES)
		return rl_refuse(e, where, "index %" PRIu32 ": system calls have %d arguments",
				 a->index, FILTER_INDEXES);
	while (op->word && strcmp(a->op, op->word) != 0)
		op++;
	if (!op->word)
		return rl_refuse(e, where, "\"%s\" is not an operator", a->op);
	/* MASKED_EQ: value is the mask, valueTwo is what remains. */
	*ret = (struct scmp_arg_cmp){
		.arg = a->index,
		.op = op->value,
		.datum_a = a->value,
		.datum_b = a->value_two,
	};
	return 0;
}

static int add_one(const struct filter *t, uint32_t action, int call, unsigned int n,
		   const struct scmp_arg_cmp *args, const char *where, struct rl_err *e)
{
	int r = seccomp_rule_add_array(t->ctx, action, call, n, args);

	/* -EEXIST: the profile says it twice. */
	if (r < 0 && r != -EEXIST)
		return rl_fail_at(e, r, where, "add the rule for system call %d to the filter",
				  call);
	return 0;
}

/*
 * A rule with several conditions needs all of them, but libseccomp takes one for each argument
 * only: where one is compared twice, each condition becomes a rule, as engines expect of runc.
 */
static int add_rule(const struct filter *t, const struct oci_syscall *s, uint32_t action, int call,
		    const struct scmp_arg_cmp *args, const char *where, struct rl_err *e)
{
	unsigned int seen[FILTER_INDEXES] = { 0 };
	bool twice = false;
	int r = 0;

	for (size_t i = 0; i < s->n_args; i++)
		twice |= seen[args[i].arg]++ > 0;
	if (!twice)
		return add_one(t, action, call, (unsigned int)s->n_args, args, where, e);
	for (size_t i = 0; i < s->n_args && r == 0; i++)
		r = add_one(t, action, call, 1, &args[i], where, e);
	return r;
}

static int add_names(struct filter *t, const struct oci_syscall *s, uint32_t action,
		     const struct scmp_arg_cmp *args, const char *where, struct rl_err *e)
{
	int r = 0;

	t->n_names += s->n_names;
	if (t->n_names > FILTER_NAMES_MAX)
		return rl_refuse(e, where, "the filter names more than %d system calls",
				 FILTER_NAMES_MAX);
	for (size_t i = 0; i < s->n_names && r == 0; i++) {
		int call = seccomp_syscall_resolve_name(s->names[i]);

		/* Profiles name the system calls of all kernels. */
		if (call == __NR_SCMP_ERROR)
			log_debug("%s: system call \"%s\" is not known here, skipping it", where,
				  s->names[i]);
		else
			r = add_rule(t, s, action, call, args, where, e);
	}
	return r;
}

static int add_syscall(struct filter *t, const struct oci_syscall *s, size_t at, struct rl_err *e)
{
	struct scmp_arg_cmp args[FILTER_ARGS_MAX];
	char where[64], key[RL_ERR_WHERE];
	uint32_t action = 0;
	int r;

	snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu]", at);
	r = parse_action(s->action, s->has_errno_ret, s->errno_ret, where, "action", "errnoRet",
			 &action, e);
	if (r < 0)
		return r;
	if (!s->n_names)
		return rl_refuse(e, where, "names is empty");
	if (s->n_args > FILTER_ARGS_MAX)
		return rl_refuse(e, where, "more than %d args", FILTER_ARGS_MAX);
	for (size_t i = 0; i < s->n_args; i++) {
		snprintf(key, sizeof(key), "%s.args[%zu]", where, i);
		r = parse_arg(s->args[i], key, &args[i], e);
		if (r < 0)
			return r;
	}
	/* libseccomp refuses rules that do what is done without them. */
	return action == t->default_action ? 0 : add_names(t, s, action, args, where, e);
}

static int export_program(scmp_filter_ctx ctx, struct flat *f, struct flat_blob *ret,
			  struct rl_err *e)
{
	rl_autoclose int fd = -EBADF;
	struct flat_blob b;
	long size;
	int r;

	fd = r = scratch_open("seccomp");
	if (r >= 0)
		r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return rl_fail_at(e, r, "linux.seccomp", "compile the seccomp filter");
	size = scratch_size(fd);
	if (size > (long)(BPF_MAXINSNS * sizeof(struct sock_filter)))
		return rl_refuse(e, "linux.seccomp",
				 "the filter has %ld instructions, the kernel takes %d",
				 size / (long)sizeof(struct sock_filter), BPF_MAXINSNS);
	if (size <= 0)
		return rl_fail_at(e, size ? (int)size : -EIO, "linux.seccomp",
				  "read the compiled seccomp filter");
	b.off = flat_add(f, NULL, (size_t)size);
	b.len = (uint32_t)size;
	if (flat_failed(f))
		return rl_fail(e, flat_failed(f), "make room for the seccomp filter");
	r = scratch_read(fd, flat_ptr(f, b.off), (size_t)size);
	if (r < 0)
		return rl_fail_at(e, r, "linux.seccomp", "read the compiled seccomp filter");
	*ret = b;
	return 0;
}

static bool lets_pass(const char *action)
{
	return !strcmp(action, "SCMP_ACT_ALLOW") || !strcmp(action, "SCMP_ACT_LOG") ||
	       !strcmp(action, "SCMP_ACT_TRACE");
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

int filter_plan(const struct oci_seccomp *s, struct flat *f, struct filter_plan *ret,
		struct rl_err *e)
{
	rl_auto(release) scmp_filter_ctx ctx = NULL;
	struct filter t = { 0 };
	uint32_t bits = 0;
	int r;

	r = parse_action(s->default_action, s->has_default_errno_ret, s->default_errno_ret,
			 "linux.seccomp", "defaultAction", "defaultErrnoRet", &t.default_action, e);
	if (r == 0)
		r = parse_flags(s, &bits, e);
	if (r == 0 && !may_execute(s))
		r = rl_refuse(e, "linux.seccomp",
			      "the filter denies execve: the program could never be executed");
	if (r < 0)
		return r;
	/* SCMP_FLTATR_CTL_OPTIMIZE stays at 1: a binary tree (2) loads 0.6 ms faster, but with
	 * libseccomp 2.5.4 it is compiled 3 ms slower (370 names, 3 architectures). */
	t.ctx = ctx = seccomp_init(t.default_action);
	if (!ctx)
		return rl_fail_at(e, -ENOMEM, "linux.seccomp", "make room for the seccomp filter");
	r = add_archs(&t, s, e);
	for (size_t i = 0; i < s->n_syscalls && r == 0; i++)
		r = add_syscall(&t, s->syscalls[i], i, e);
	if (r < 0)
		return r;
	r = export_program(ctx, f, &ret->program, e);
	if (r == 0)
		ret->flags = bits;
	return r;
}
