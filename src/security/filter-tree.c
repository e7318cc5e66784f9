/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles the rules of a filter: for each architecture the numbers of system calls become sorted
 * ranges with one verdict each, and these a balanced tree of comparisons.
 */
#include "security/filter-rules.h"

#include "base/auto.h"
#include "security/filter-args.h"
#include "security/filter-bpf.h"
#include "security/filter-calls.h"
#include "security/filter-newest.h"
#include "security/filter-values.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>

/* A rule for one number of one architecture. */
struct entry {
	uint32_t nr;
	uint32_t order; /* of the rules in the profile */
	struct filter_args rule;
};

/* The numbers from `first` to the next range. */
struct range {
	uint32_t first;
	uint32_t action;           /* without rules, or when none of them holds */
	const struct entry *rules; /* those that have conditions */
	size_t n_rules;
};

/* The code of a range with conditions, to be used again by calls with the same ones. */
struct leaf {
	const struct filter_args *rules;
	size_t n_rules;
	uint32_t action;
	filter_label label;
};

struct tree {
	const struct filter_rules *rules;
	struct entry *entries, *spare;
	size_t n_entries;
	struct filter_newest newest;
	struct range *ranges;
	size_t n_ranges;
	struct filter_value *values; /* room for those of all entries */
	/* As a condition takes an instruction or more, few programs have more; those share less. */
	struct leaf leaves[BPF_MAXINSNS];
	size_t n_leaves;
	struct filter_args kept[BPF_MAXINSNS];
	size_t n_kept;
	struct filter_bpf bpf;
};

static void tree_free(struct tree **t)
{
	if (*t) {
		free((*t)->entries);
		free((*t)->spare);
		free((*t)->ranges);
		free((*t)->values);
	}
	free(*t);
}

/* ---- the rules of an architecture ------------------------------------------------------------ */

static void add_entry(struct tree *t, uint32_t nr, struct filter_args rule)
{
	struct entry *entry = &t->entries[t->n_entries];

	filter_newest_add(&t->newest, nr);
	if (rule.rule->action == t->rules->default_action)
		return;
	*entry = (struct entry){ .nr = nr, .order = (uint32_t)t->n_entries, .rule = rule };
	t->n_entries++;
}

static void collect(struct tree *t, uint32_t arch)
{
	for (size_t i = 0; i < t->rules->n_rules; i++) {
		const struct filter_rule *rule = &t->rules->rules[i];
		struct filter_call call = filter_calls_find(arch, rule->name, rule->row);
		struct filter_args args = { rule, filter_args_wide(arch), false, 0 };

		if (call.has_own)
			add_entry(t, call.own, args);
		args.has_mux = true;
		args.mux_op = call.mux_op;
		if (call.has_mux)
			add_entry(t, call.mux, args);
	}
}

/* Of one digit, from 0 to 255; those with the same one stay in their order. */
static void sort_digit(const struct entry *from, struct entry *to, size_t n, unsigned int shift)
{
	size_t at[257] = { 0 };

	for (size_t i = 0; i < n; i++)
		at[(from[i].nr >> shift & 0xff) + 1]++;
	for (size_t digit = 1; digit < 256; digit++)
		at[digit] += at[digit - 1];
	for (size_t i = 0; i < n; i++)
		to[at[from[i].nr >> shift & 0xff]++] = from[i];
}

/* By number, and then by their order. qsort() of musl takes a tenth of the time of a plan. */
static void sort_entries(struct tree *t)
{
	uint32_t differ = 0;

	for (size_t i = 1; i < t->n_entries; i++)
		differ |= t->entries[i].nr ^ t->entries[0].nr;
	for (unsigned int shift = 0; shift < 32; shift += 8) {
		struct entry *from = t->entries;

		if (!(differ >> shift & 0xff))
			continue;
		sort_digit(from, t->spare, t->n_entries, shift);
		t->entries = t->spare;
		t->spare = from;
	}
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static bool same_verdict(const struct range *a, const struct range *b)
{
	return !a->n_rules && !b->n_rules && a->action == b->action;
}

/* Ranges come in order; one that begins where the last one does takes its place. */
static void add_range(struct tree *t, struct range range)
{
	struct range *last = t->n_ranges ? &t->ranges[t->n_ranges - 1] : NULL;

	if (last && last->first == range.first) {
		t->n_ranges--;
		last = t->n_ranges ? last - 1 : NULL;
	}
	if (!last || !same_verdict(last, &range))
		t->ranges[t->n_ranges++] = range;
}

/* What is done with one number: the rule without conditions, or the conditions in their order. */
static struct range verdict(const struct tree *t, size_t first, size_t end)
{
	struct range range = { t->entries[first].nr, t->rules->default_action, &t->entries[first],
			       end - first };

	for (size_t i = first; i < end; i++) {
		if (!filter_args_always(&t->entries[i].rule))
			continue;
		range.action = t->entries[i].rule.rule->action;
		range.n_rules = 0;
		break;
	}
	return range;
}

static struct range unnamed(const struct tree *t, uint32_t first)
{
	struct range range = { first, t->rules->default_action, NULL, 0 };

	if (t->rules->newer_unknown && filter_newest_passed(&t->newest, first))
		range.action = SECCOMP_RET_ERRNO | ENOSYS;
	return range;
}

/* The numbers from `from` to `to`, that have no rules. */
static void add_gap(struct tree *t, uint32_t from, uint32_t to)
{
	add_range(t, unnamed(t, from));
	for (size_t i = 0; i < t->newest.n_spaces; i++) {
		const struct filter_space *s = &t->newest.space[i];

		if (s->has && s->newest >= from && s->newest < to)
			add_range(t, unnamed(t, s->newest + 1));
		if (s->end > from && s->end < to)
			add_range(t, unnamed(t, s->end));
	}
}

/*
 * The kernel tells calls of x32 from those of x86_64 by a bit of the number only. Without x32 in
 * the filter they are of an architecture that is not in it; -1 is none of them: so a tracer says
 * that no call is to be made.
 */
static void make_ranges(struct tree *t, bool without_x32)
{
	uint32_t end_of_all = without_x32 ? FILTER_X32_BIT : UINT32_MAX, from = 0;

	t->n_ranges = 0;
	for (size_t i = 0, end; i < t->n_entries; i = end) {
		for (end = i + 1; end < t->n_entries; end++)
			if (t->entries[end].nr != t->entries[i].nr)
				break;
		add_gap(t, from, t->entries[i].nr);
		add_range(t, verdict(t, i, end));
		from = t->entries[i].nr + 1;
	}
	add_gap(t, from, end_of_all);
	if (without_x32)
		add_range(t, (struct range){ FILTER_X32_BIT, SECCOMP_RET_KILL_THREAD, NULL, 0 });
	add_range(t, unnamed(t, UINT32_MAX));
}

/* ---- the tree -------------------------------------------------------------------------------- */

static bool same_leaf(const struct leaf *leaf, const struct range *range)
{
	bool same = leaf->n_rules == range->n_rules && leaf->action == range->action;

	for (size_t i = 0; same && i < range->n_rules; i++)
		same = filter_args_same(&leaf->rules[i], &range->rules[i].rule);
	return same;
}

static void keep_leaf(struct tree *t, const struct range *range, filter_label label)
{
	struct leaf *leaf = &t->leaves[t->n_leaves];

	if (t->n_leaves == BPF_MAXINSNS || range->n_rules > BPF_MAXINSNS - t->n_kept)
		return;
	*leaf = (struct leaf){ &t->kept[t->n_kept], range->n_rules, range->action, label };
	for (size_t i = 0; i < range->n_rules; i++)
		t->kept[t->n_kept++] = range->rules[i].rule;
	t->n_leaves++;
}

/* The first of the rules before `end` that ask one argument for a value, as the last of them does.
 */
static size_t first_of_values(const struct range *range, size_t end, unsigned int *arg)
{
	size_t first = end;
	unsigned int other;

	if (!filter_args_is_value(&range->rules[end - 1].rule, arg))
		return end;
	while (first > 0 && filter_args_is_value(&range->rules[first - 1].rule, &other) &&
	       other == *arg)
		first--;
	return first;
}

static filter_label compile_values(struct tree *t, const struct entry *rules, size_t n,
				   unsigned int arg, filter_label no)
{
	for (size_t i = 0; i < n; i++)
		t->values[i] = (struct filter_value){ rules[i].rule.rule->args[0].datum_a,
						      rules[i].order, rules[i].rule.rule->action };
	return filter_values_compile(&t->bpf, arg, rules[0].rule.wide, t->values, n, no);
}

/* The first rule is the last that is written. */
static filter_label compile_rules(struct tree *t, const struct range *range, filter_label label)
{
	for (size_t end = range->n_rules, first; end > 0; end = first) {
		unsigned int arg;

		first = first_of_values(range, end, &arg);
		if (end - first > 1) {
			label = compile_values(t, &range->rules[first], end - first, arg, label);
		} else {
			first = end - 1;
			label = filter_args_compile(&t->bpf, &range->rules[first].rule, label);
		}
	}
	return label;
}

static filter_label leaf(struct tree *t, const struct range *range)
{
	filter_label label;

	if (!range->n_rules)
		return filter_bpf_return(&t->bpf, range->action);
	for (size_t i = 0; i < t->n_leaves; i++)
		if (same_leaf(&t->leaves[i], range))
			return t->leaves[i].label;
	label = filter_bpf_return(&t->bpf, range->action);
	label = compile_rules(t, range, label);
	keep_leaf(t, range, label);
	return label;
}

/* One number alone between two ranges of the same verdict. */
static bool lone(const struct range *range)
{
	return same_verdict(&range[0], &range[2]) && range[2].first - range[1].first == 1;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the logarithm of the number of ranges */
static filter_label branch(struct tree *t, size_t first, size_t end)
{
	size_t middle = first + (end - first) / 2;
	filter_label low, high;

	if (end - first == 1)
		return leaf(t, &t->ranges[first]);
	if (end - first == 3 && lone(&t->ranges[first])) {
		low = leaf(t, &t->ranges[first]);
		high = leaf(t, &t->ranges[first + 1]);
		return filter_bpf_jump(&t->bpf, BPF_JEQ, t->ranges[first + 1].first, high, low);
	}
	high = branch(t, middle, end);
	low = branch(t, first, middle);
	return filter_bpf_jump(&t->bpf, BPF_JGE, t->ranges[middle].first, high, low);
}

/* The tree of one architecture, and the question for it before `others`. */
static filter_label compile_arch(struct tree *t, uint32_t arch, filter_label others)
{
	bool x86_64 = arch == SCMP_ARCH_X86_64,
	     x32 = filter_rules_has_arch(t->rules, SCMP_ARCH_X32);
	filter_label label;

	t->n_entries = 0;
	filter_newest_init(&t->newest, arch);
	collect(t, arch);
	if (x86_64 && x32)
		collect(t, SCMP_ARCH_X32);
	sort_entries(t);
	make_ranges(t, x86_64 && !x32);
	label = branch(t, 0, t->n_ranges);
	/* What is not the newest instruction is a return that other trees have made: no number. */
	if (label == t->bpf.n)
		label = filter_bpf_load(&t->bpf, offsetof(struct seccomp_data, nr));
	return filter_bpf_jump(&t->bpf, BPF_JEQ, arch, label, others);
}

int filter_tree_compile(const struct filter_rules *rules, struct flat *f, struct flat_blob *ret,
			struct rl_err *e)
{
	rl_auto(tree_free) struct tree *t = calloc(1, sizeof(*t));
	size_t most = 4 * rules->n_rules + 1; /* two numbers, on x86_64 and x32 together */
	filter_label label;

	if (t) {
		t->rules = rules;
		/* Not zeroed: little of them is used. */
		t->entries = malloc(most * sizeof(*t->entries));
		t->spare = malloc(most * sizeof(*t->spare));
		t->ranges = malloc((2 * most + 8) * sizeof(*t->ranges));
		t->values = malloc(most * sizeof(*t->values));
	}
	if (!t || !t->entries || !t->spare || !t->ranges || !t->values)
		return rl_fail_at(e, -ENOMEM, "linux.seccomp", "make room for the seccomp filter");
	label = filter_bpf_return(&t->bpf, SECCOMP_RET_KILL_THREAD);
	/* The host's own is asked for first, so it is written last. x32 is part of x86_64. */
	for (size_t i = rules->n_archs; i-- > 0;)
		if (rules->archs[i] != SCMP_ARCH_X32)
			label = compile_arch(t, rules->archs[i], label);
	filter_bpf_load(&t->bpf, offsetof(struct seccomp_data, arch));
	return filter_bpf_take(&t->bpf, f, ret, e);
}
