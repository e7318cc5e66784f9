/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles device rules to the filter program of cgroup v2 (BPF_PROG_TYPE_CGROUP_DEVICE). Pure.
 *
 * The kernel runs it at each open and mknod with type, numbers and access; 1 allows, 0 denies. As
 * the last rule that names an access decides, the program goes from the last rule to the first,
 * with what is still undecided in a register:
 *
 *	if the device does not match: next rule
 *	deny:	if undecided & access: return 0
 *	allow:	undecided &= ~access; if nothing is left: return 1
 *	...
 *	return 0
 *
 * Rules in a row that allow, or deny, the same access to devices of one type say the same in any
 * order. They are asked for as a group, each type and major once, and minors in a row as one:
 *
 *	if the type is another: next group
 *	if the major is this one: if the minor is one of these: verdict
 *	...
 *	next group
 *	verdict: as above; or, if the access is all that there is: return 1
 *
 * The verifier takes some 2 to 4 us for each jump, which is most of what a filter costs.
 */
#include "base/auto.h"
#include "cgroup/devices/device-rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RULE_INSNS_MAX 10   /* that one rule makes */
#define FRAME_INSNS    8    /* prologue and end */
#define GROUP_MAX      4096 /* rules; lists are shorter. A jump has 15 bits */

enum {
	REG_RESULT = BPF_REG_0,
	REG_CONTEXT = BPF_REG_1,
	REG_TYPE,
	REG_ACCESS,
	REG_MAJOR,
	REG_MINOR
};

struct program {
	struct bpf_insn *insns;
	size_t n;
};

static void emit(struct program *p, unsigned int code, unsigned int dst, unsigned int src, int off,
		 int imm)
{
	p->insns[p->n++] = (struct bpf_insn){
		.code = (__u8)code,
		.dst_reg = dst & 0xf,
		.src_reg = src & 0xf,
		.off = (__s16)off,
		.imm = imm,
	};
}

static void load(struct program *p, unsigned int reg, size_t offset)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, reg, REG_CONTEXT, (int)offset, 0);
}

static void give(struct program *p, int result)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, REG_RESULT, 0, 0, result);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* access_type holds the type in its lower half, the access in its upper one. */
static void prologue(struct program *p)
{
	load(p, REG_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, REG_ACCESS, REG_TYPE, 0, 0);
	emit(p, BPF_ALU64 | BPF_AND | BPF_K, REG_TYPE, 0, 0, 0xffff);
	emit(p, BPF_ALU64 | BPF_RSH | BPF_K, REG_ACCESS, 0, 0, 16);
	load(p, REG_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, REG_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

/*
 * Go to the next rule unless the register has this value; the distance is filled in later.
 *
 * In two jumps, so that the way on to the next rule is the one that follows: the kernel's verifier
 * looks at that first, when it knows least of the registers, and then has nothing new to see in
 * what follows a rule that matches. The other way round its work grows with the square of the
 * number of rules: 4 ms for 64 of them, and too much for it from some 1100 on.
 */
static void unless(struct program *p, unsigned int reg, int value)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 1, value);
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

/* Where a jump is to go, until that is known. */
enum { TO_VERDICT = -1, TO_NEXT_RULE = -2 };

static bool in_group(const struct device_rule *a, const struct device_rule *b)
{
	return a->access == b->access && a->allow == b->allow && a->type == b->type;
}

/* DEVICE_ANY is the least. */
static int compare(const void *left, const void *right)
{
	const struct device_rule *a = left, *b = right;

	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	return a->minor < b->minor ? -1 : a->minor > b->minor;
}

/* From one to another, both included. */
static void compile_minors(struct program *p, int first, int last)
{
	if (first == last) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, REG_MINOR, 0, TO_VERDICT, first);
		return;
	}
	if (first > 0)
		emit(p, BPF_JMP | BPF_JLT | BPF_K, REG_MINOR, 0, 1, first);
	emit(p, BPF_JMP | BPF_JLE | BPF_K, REG_MINOR, 0, TO_VERDICT, last);
}

/* Those of one major, or of all. */
static void compile_major(struct program *p, const struct device_rule *r, size_t n)
{
	const size_t skip = p->n + 1;

	if (r->minor == DEVICE_ANY) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, REG_MAJOR, 0, TO_VERDICT, r->major);
		return;
	}
	if (r->major != DEVICE_ANY)
		unless(p, REG_MAJOR, r->major);
	for (size_t i = 0, last; i < n; i = last + 1) {
		for (last = i; last + 1 < n && r[last + 1].minor <= r[last].minor + 1;)
			last++;
		compile_minors(p, r[i].minor, r[last].minor);
	}
	if (r->major != DEVICE_ANY)
		p->insns[skip].off = (__s16)(p->n - skip - 1);
}

static void set_targets(struct program *p, size_t first, size_t at_verdict)
{
	for (size_t i = first; i < p->n; i++) {
		if (p->insns[i].off == TO_VERDICT)
			p->insns[i].off = (__s16)(at_verdict - i - 1);
		else if (p->insns[i].off == TO_NEXT_RULE)
			p->insns[i].off = (__s16)(p->n - i - 1);
	}
}

static bool is_all(const struct device_rule *r)
{
	return r->major == DEVICE_ANY && r->minor == DEVICE_ANY;
}

/* Whether a file is there (access(2) with F_OK) is asked for as no access; no rule denies
 * that. */
static void give_verdict(struct program *p, bool allow, unsigned int access)
{
	if (!allow) {
		emit(p, BPF_JMP | BPF_JSET | BPF_K, REG_ACCESS, 0, 1, (int)access);
		emit(p, BPF_JMP | BPF_JA, 0, 0, TO_NEXT_RULE, 0);
	} else if (access != DEVICE_ALL) {
		emit(p, BPF_ALU64 | BPF_AND | BPF_K, REG_ACCESS, 0, 0, (int)~access);
		emit(p, BPF_JMP | BPF_JNE | BPF_K, REG_ACCESS, 0, TO_NEXT_RULE, 0);
	}
	give(p, allow);
}

/* Sorts the rules. Returns whether they decide about every device: then no rule is next. */
static bool compile_group(struct program *p, struct device_rule *r, size_t n)
{
	const size_t first = p->n;
	size_t at_verdict;

	qsort(r, n, sizeof(*r), compare);
	if (r->type != 'a') {
		unless(p, REG_TYPE, r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
		p->insns[p->n - 1].off = TO_NEXT_RULE;
	}
	if (!is_all(r)) {
		for (size_t i = 0, end; i < n; i = end) {
			for (end = i + 1; end < n && r[end].major == r[i].major;)
				end++;
			compile_major(p, &r[i], end - i);
		}
		emit(p, BPF_JMP | BPF_JA, 0, 0, TO_NEXT_RULE, 0);
	}
	at_verdict = p->n;
	give_verdict(p, r->allow, r->access);
	set_targets(p, first, at_verdict);
	return r->allow && r->access == DEVICE_ALL && r->type == 'a' && is_all(r);
}

/* From the last rule to the first; those that deny before any allows say what holds anyway. */
static void compile_rules(struct program *p, struct device_rule *rules, size_t n)
{
	size_t begin = 0;

	while (begin < n && !rules[begin].allow)
		begin++;
	for (size_t end = n, first; end > begin; end = first) {
		first = end - 1;
		while (first > begin && end - first < GROUP_MAX &&
		       in_group(&rules[first - 1], &rules[end - 1]))
			first--;
		if (compile_group(p, &rules[first], end - first))
			return;
	}
	give(p, 0);
}

int device_filter_make(const struct device_rules *l, struct bpf_insn **ret, size_t *ret_n)
{
	rl_autofree struct device_rule *rules = malloc((l->n + 1) * sizeof(*rules));
	struct program p = { 0 };

	p.insns = calloc(l->n * RULE_INSNS_MAX + FRAME_INSNS, sizeof(*p.insns));
	if (!p.insns || !rules) {
		free(p.insns);
		return -ENOMEM;
	}
	if (l->n)
		memcpy(rules, l->rules, l->n * sizeof(*rules));
	prologue(&p);
	compile_rules(&p, rules, l->n);
	*ret = p.insns;
	*ret_n = p.n;
	return 0;
}
