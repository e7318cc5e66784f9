/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules of a filter ask for, said as plainly as can be, for the tests of its compilers. */
#ifndef RL_TEST_FILTER_MODEL_H
#define RL_TEST_FILTER_MODEL_H

#include "security/filter-args.h"
#include "security/filter-calls.h"

#include <linux/seccomp.h>

#define RULES_MAX 400

static bool holds(const struct scmp_arg_cmp *c, uint64_t value, bool wide)
{
	uint64_t keep = wide ? UINT64_MAX : UINT32_MAX, a = c->datum_a & keep,
		 b = c->datum_b & keep;

	value &= keep;
	switch (c->op) {
	case SCMP_CMP_NE:
		return value != a;
	case SCMP_CMP_LT:
		return value < a;
	case SCMP_CMP_LE:
		return value <= a;
	case SCMP_CMP_EQ:
		return value == a;
	case SCMP_CMP_GE:
		return value >= a;
	case SCMP_CMP_GT:
		return value > a;
	default:
		return (value & a) == (b & a);
	}
}

struct asked {
	uint32_t action;
	unsigned int n_rules, n_conditional; /* for this call */
	unsigned int n_hold;                 /* of those: whose conditions hold */
	bool behind;                         /* another call, on some architecture of the filter */
	bool lib_has, lib_holds; /* libseccomp's action is one of a rule for this call, */
				 /* and of one that holds */
};

struct numbers {
	struct filter_call call[RULES_MAX];
	bool behind[RULES_MAX];
	int64_t newest[2]; /* without and with the bit of x32; -1: none */
};

static void see_newest(struct numbers *n, uint32_t arch, const struct filter_call *c)
{
	int64_t nr = c->has_mux ? (int64_t)c->mux : -1;
	bool x32 = arch == SCMP_ARCH_X32;

	/* A socketcall(2) of its own has a lower number on all architectures but mips. */
	if (c->has_own && c->own > nr && (arch != SCMP_ARCH_ARM || c->own < 0x0f0000))
		nr = c->own;
	if (nr > n->newest[x32])
		n->newest[x32] = nr;
}

/* Whether a number is above all that the filter names. */
static bool is_newer(const struct numbers *n, uint32_t arch, int nr)
{
	bool pc = arch == SCMP_ARCH_X86_64 || arch == SCMP_ARCH_X32;
	int64_t newest = n->newest[pc && (uint32_t)nr >= 0x40000000];

	if (nr == -1 || (arch == SCMP_ARCH_ARM && (uint32_t)nr >= 0x0f0000))
		return false;
	return newest >= 0 && (uint32_t)nr > newest;
}

static bool rule_holds(const struct filter_rule *rule, const struct seccomp_data *data, bool wide,
		       const struct filter_call *mux)
{
	bool all = !mux || (wide ? data->args[0] : (uint32_t)data->args[0]) == mux->mux_op;

	for (unsigned int i = 0; i < rule->n_args; i++)
		if (!mux || rule->args[i].arg != 0)
			all = all && holds(&rule->args[i], data->args[rule->args[i].arg], wide);
	return all;
}

static bool always(const struct filter_rule *rule, bool wide)
{
	for (unsigned int i = 0; i < rule->n_args; i++)
		if (rule->args[i].op != SCMP_CMP_MASKED_EQ ||
		    (wide ? rule->args[i].datum_a : (uint32_t)rule->args[i].datum_a))
			return false;
	return true;
}

/* lib: the action that libseccomp has taken. */
static struct asked ask(const struct filter_rules *r, const struct numbers *n, uint32_t arch,
			const struct seccomp_data *data, uint32_t lib)
{
	struct asked got = { .action = r->default_action, .lib_has = lib == r->default_action };
	bool wide = filter_args_wide(arch), whole = false;

	for (size_t i = 0; i < r->n_rules; i++) {
		const struct filter_rule *rule = &r->rules[i];
		const struct filter_call *c = &n->call[i];
		bool own = c->has_own && c->own == (uint32_t)data->nr;
		bool mux = c->has_mux && c->mux == (uint32_t)data->nr;
		bool all = own && always(rule, wide);

		if ((!own && !mux) || rule->action == r->default_action)
			continue;
		got.n_rules++;
		got.behind |= n->behind[i];
		got.n_conditional += !all;
		got.lib_has |= rule->action == lib;
		if (!all && !rule_holds(rule, data, wide, mux ? c : NULL))
			continue;
		got.lib_holds |= rule->action == lib;
		if (!whole && (all || !got.n_hold))
			got.action = rule->action;
		whole |= all;
		got.n_hold++;
	}
	if (whole)
		got.n_conditional = 0;
	if (r->newer_unknown && is_newer(n, arch, data->nr))
		got.action = SCMP_ACT_ERRNO(38);
	return got;
}

#endif
