/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rules of linux.seccomp for the compilers; see filter-rules.h. */
#include "security/filter-rules.h"

#include "base/log.h"
#include "libocispec/ocispec.h"
#include "security/filter-numbers.h"
#include "security/filter-words.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_NAMES_MAX 65536 /* names in all rules; profiles of engines have some 400 */
#define FILTER_ARGS_MAX  64    /* conditions of one rule */
#define FILTER_ERRNO_MAX 4094  /* libseccomp refuses MAX_ERRNO of the kernel itself */

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

static int add_arch(struct filter_rules *t, uint32_t token, const char *where, struct rl_err *e)
{
	for (size_t i = 0; i < t->n_archs; i++)
		if (t->archs[i] == token)
			return 0;
	if (t->n_archs == FILTER_ARCHS_MAX)
		return rl_refuse(e, where, "more than %d architectures", FILTER_ARCHS_MAX);
	t->archs[t->n_archs++] = token;
	return 0;
}

/* The host's own is always there. */
static int read_archs(struct filter_rules *t, const struct oci_seccomp *s, struct rl_err *e)
{
	uint32_t native = seccomp_arch_native();
	int r = add_arch(t, native, "linux.seccomp.architectures", e);

	for (size_t i = 0; i < s->n_architectures && r == 0; i++) {
		const char *word = s->architectures[i];
		uint32_t token = 0;
		char key[RL_ERR_WHERE];

		for (const struct filter_arch *a = filter_archs; a->word && !token; a++)
			if (!strcmp(word, a->word))
				token = seccomp_arch_resolve_name(a->name);
		snprintf(key, sizeof(key), "linux.seccomp.architectures[%zu]", i);
		if (!token)
			return rl_refuse(e, key,
					 "\"%s\" is not an architecture that this libseccomp knows",
					 word);
		if ((token ^ native) & __AUDIT_ARCH_LE)
			return rl_refuse(e, key, "%s has another byte order than this host", word);
		r = add_arch(t, token, key, e);
	}
	return r;
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

static void add_one(struct filter_rules *t, const struct filter_rule *rule, unsigned int n,
		    const struct scmp_arg_cmp *args)
{
	struct filter_rule *to = &t->rules[t->n_rules++];

	*to = *rule;
	to->n_args = n;
	to->args = args;
}

/*
 * A rule with several conditions needs all of them, but libseccomp takes one for each argument
 * only: where one is compared twice, each condition becomes a rule, as engines expect of runc.
 */
static bool compares_twice(const struct scmp_arg_cmp *args, size_t n)
{
	unsigned int seen[FILTER_INDEXES] = { 0 };
	bool twice = false;

	for (size_t i = 0; i < n; i++)
		twice |= seen[args[i].arg]++ > 0;
	return twice;
}

static bool lets_pass(uint32_t action)
{
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
	       action == SECCOMP_RET_TRACE;
}

/* Profiles name the system calls of all kernels; but one that is to be denied then is not. */
static void skip_unknown(const struct filter_rules *t, const struct filter_rule *rule,
			 const char *where)
{
	if (lets_pass(t->default_action) && !lets_pass(rule->action))
		log_warn("%s: system call \"%.64s\" is not known to libseccomp here and so is not "
			 "denied, ignoring",
			 where, rule->name);
	else
		log_debug("%s: system call \"%.64s\" is not known here, skipping it", where,
			  rule->name);
}

void filter_rules_set_name(struct filter_rule *rule, const char *name, int near)
{
	rule->name = name;
	rule->row = filter_numbers_row(name, near);
}

static bool is_known(const struct filter_rule *rule)
{
	return filter_numbers_get(seccomp_arch_native(), rule->name, rule->row) != __NR_SCMP_ERROR;
}

static int add_names(struct filter_rules *t, const struct oci_syscall *s, struct filter_rule rule,
		     const struct scmp_arg_cmp *args, bool strict, const char *where,
		     struct rl_err *e)
{
	bool twice = compares_twice(args, s->n_args), known;
	int near = -1;

	for (size_t i = 0; i < s->n_names; i++) {
		filter_rules_set_name(&rule, s->names[i], near);
		near = rule.row;
		known = is_known(&rule);
		if (!known && strict)
			return rl_refuse(e, where,
					 "system call \"%.64s\" is not known to libseccomp here",
					 rule.name);
		if (!known)
			skip_unknown(t, &rule, where);
		else if (!twice)
			add_one(t, &rule, (unsigned int)s->n_args, args);
		for (size_t k = 0; k < s->n_args && twice && known; k++)
			add_one(t, &rule, 1, &args[k]);
	}
	return 0;
}

/* args: where those of this rule are kept. */
static int read_syscall(struct filter_rules *t, const struct oci_syscall *s, size_t at, bool strict,
			struct scmp_arg_cmp *args, struct rl_err *e)
{
	struct filter_rule rule = { .at = at };
	char where[64], key[RL_ERR_WHERE];
	int r;

	snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu]", at);
	r = parse_action(s->action, s->has_errno_ret, s->errno_ret, where, "action", "errnoRet",
			 &rule.action, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s->n_args; i++) {
		snprintf(key, sizeof(key), "%s.args[%zu]", where, i);
		r = parse_arg(s->args[i], key, &args[i], e);
		if (r < 0)
			return r;
	}
	return add_names(t, s, rule, args, strict, where, e);
}

/* Count what is needed, within limits, and make room for it. */
static int make_room(struct filter_rules *t, const struct oci_seccomp *s, struct rl_err *e)
{
	size_t n_rules = 0, n_names = 0, n_args = 0;

	for (size_t i = 0; i < s->n_syscalls; i++) {
		const struct oci_syscall *call = s->syscalls[i];
		char where[64];

		snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu]", i);
		if (!call->n_names)
			return rl_refuse(e, where, "names is empty");
		if (call->n_args > FILTER_ARGS_MAX)
			return rl_refuse(e, where, "more than %d args", FILTER_ARGS_MAX);
		n_names += call->n_names;
		if (n_names > FILTER_NAMES_MAX)
			return rl_refuse(e, where, "the filter names more than %d system calls",
					 FILTER_NAMES_MAX);
		n_args += call->n_args;
		n_rules += call->n_names * (call->n_args ? call->n_args : 1);
	}
	t->rules = calloc(n_rules + 1, sizeof(*t->rules));
	t->args = calloc(n_args + 1, sizeof(*t->args));
	if (!t->rules || !t->args)
		return rl_fail_at(e, -ENOMEM, "linux.seccomp", "make room for the seccomp filter");
	return 0;
}

bool filter_rules_has_arch(const struct filter_rules *r, uint32_t arch)
{
	for (size_t i = 0; i < r->n_archs; i++)
		if (r->archs[i] == arch)
			return true;
	return false;
}

void filter_rules_done(struct filter_rules *r)
{
	free(r->rules);
	free(r->args);
	*r = (struct filter_rules){ 0 };
}

/* A default that lets calls pass lets newer ones pass, too. */
static bool hides_newer(uint32_t action)
{
	return !lets_pass(action) && action != SCMP_ACT_ERRNO(ENOSYS);
}

static int read_all(struct filter_rules *t, const struct oci_seccomp *s, bool strict,
		    struct rl_err *e)
{
	size_t n_args = 0;
	int r;

	r = parse_action(s->default_action, s->has_default_errno_ret, s->default_errno_ret,
			 "linux.seccomp", "defaultAction", "defaultErrnoRet", &t->default_action,
			 e);
	if (r == 0)
		r = make_room(t, s, e);
	if (r == 0)
		r = read_archs(t, s, e);
	t->newer_unknown = hides_newer(t->default_action);
	for (size_t i = 0; i < s->n_syscalls && r == 0; i++) {
		r = read_syscall(t, s->syscalls[i], i, strict, t->args + n_args, e);
		n_args += s->syscalls[i]->n_args;
	}
	return r;
}

int filter_rules_read(const struct oci_seccomp *s, bool strict, struct filter_rules *ret,
		      struct rl_err *e)
{
	struct filter_rules t = { 0 };
	int r = read_all(&t, s, strict, e);

	if (r < 0)
		filter_rules_done(&t);
	else
		*ret = t;
	return r;
}
