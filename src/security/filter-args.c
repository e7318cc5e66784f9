/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on arguments; see filter-args.h. */
#include "security/filter-args.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

#define MIPS_N32 0x20000000u /* 64-bit registers, 32-bit arguments */

bool filter_args_wide(uint32_t arch)
{
	return (arch & __AUDIT_ARCH_64BIT) && !(arch & MIPS_N32);
}

bool filter_args_always(const struct filter_args *a)
{
	for (unsigned int i = 0; i < a->rule->n_args; i++) {
		const struct scmp_arg_cmp *c = &a->rule->args[i];

		if (c->op != SCMP_CMP_MASKED_EQ ||
		    (a->wide ? c->datum_a : (uint32_t)c->datum_a) != 0)
			return false;
	}
	return !a->has_mux;
}

bool filter_args_same(const struct filter_args *a, const struct filter_args *b)
{
	size_t size = a->rule->n_args * sizeof(*a->rule->args);

	return a->wide == b->wide && a->has_mux == b->has_mux && a->mux_op == b->mux_op &&
	       a->rule->action == b->rule->action && a->rule->n_args == b->rule->n_args &&
	       (size == 0 || memcmp(a->rule->args, b->rule->args, size) == 0);
}

bool filter_args_is_value(const struct filter_args *a, unsigned int *arg)
{
	const struct scmp_arg_cmp *c = a->rule->args;

	if (a->has_mux || a->rule->n_args != 1 || c->op != SCMP_CMP_EQ)
		return false;
	*arg = c->arg;
	return true;
}

/* A half with its mask: equal or not. */
static filter_label equal_half(struct filter_bpf *b, const struct scmp_arg_cmp *c, uint32_t mask,
			       uint32_t value, bool low, filter_label yes, filter_label no)
{
	if (!mask)
		return yes;
	/* As libseccomp: bits of the value outside of the mask do not count. */
	filter_bpf_jump(b, BPF_JEQ, value & mask, yes, no);
	if (mask != UINT32_MAX)
		filter_bpf_and(b, mask);
	return filter_bpf_load_arg(b, c->arg, low, b->n);
}

static filter_label equal(struct filter_bpf *b, const struct scmp_arg_cmp *c, uint64_t mask,
			  uint64_t value, bool wide, filter_label yes, filter_label no)
{
	if (yes == no)
		return yes;
	yes = equal_half(b, c, (uint32_t)mask, (uint32_t)value, true, yes, no);
	if (wide && yes != no)
		yes = equal_half(b, c, (uint32_t)(mask >> 32), (uint32_t)(value >> 32), false, yes,
				 no);
	return yes;
}

/* op: BPF_JGE or BPF_JGT. */
static filter_label above(struct filter_bpf *b, const struct scmp_arg_cmp *c, uint16_t op,
			  bool wide, filter_label yes, filter_label no)
{
	filter_label low;

	if (yes == no)
		return yes;
	filter_bpf_jump(b, op, (uint32_t)c->datum_a, yes, no);
	low = filter_bpf_load_arg(b, c->arg, true, b->n);
	if (!wide)
		return low;
	low = filter_bpf_jump(b, BPF_JEQ, (uint32_t)(c->datum_a >> 32), low, no);
	filter_bpf_jump(b, BPF_JGT, (uint32_t)(c->datum_a >> 32), yes, low);
	return filter_bpf_load_arg(b, c->arg, false, b->n);
}

static filter_label condition(struct filter_bpf *b, const struct scmp_arg_cmp *c, bool wide,
			      filter_label yes, filter_label no)
{
	switch (c->op) {
	case SCMP_CMP_EQ:
		return equal(b, c, UINT64_MAX, c->datum_a, wide, yes, no);
	case SCMP_CMP_NE:
		return equal(b, c, UINT64_MAX, c->datum_a, wide, no, yes);
	case SCMP_CMP_GE:
		return above(b, c, BPF_JGE, wide, yes, no);
	case SCMP_CMP_LT:
		return above(b, c, BPF_JGE, wide, no, yes);
	case SCMP_CMP_GT:
		return above(b, c, BPF_JGT, wide, yes, no);
	case SCMP_CMP_LE:
		return above(b, c, BPF_JGT, wide, no, yes);
	case SCMP_CMP_MASKED_EQ:
	default:
		return equal(b, c, c->datum_a, c->datum_b, wide, yes, no);
	}
}

filter_label filter_args_compile(struct filter_bpf *b, const struct filter_args *a, filter_label no)
{
	const struct scmp_arg_cmp mux = { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = a->mux_op };
	filter_label label = filter_bpf_return(b, a->rule->action);

	for (unsigned int i = 0; i < a->rule->n_args; i++)
		if (!a->has_mux || a->rule->args[i].arg != 0)
			label = condition(b, &a->rule->args[i], a->wide, label, no);
	return a->has_mux ? condition(b, &mux, a->wide, label, no) : label;
}
