/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel makes of device rules, small: a program of v2, and the list of exceptions of v1.
 */
#ifndef RL_TESTS_DEVICE_MODEL_H
#define RL_TESTS_DEVICE_MODEL_H

#include "cgroup/devices/device-rules.h"

#include <string.h>

/* Run a device program. Returns its result, or -1 for a program that the verifier would refuse. */
static inline int run(const struct bpf_insn *insns, size_t n,
		      const struct bpf_cgroup_dev_ctx *context)
{
	uint64_t reg[11] = { 0 };

	for (size_t pc = 0, steps = 0; pc < n && steps < 100000; pc++, steps++) {
		const struct bpf_insn *i = &insns[pc];
		uint64_t imm = (uint64_t)(int64_t)i->imm;
		uint64_t *dst = &reg[i->dst_reg];
		uint32_t word;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->src_reg != BPF_REG_1 || i->off < 0 ||
			    (size_t)i->off + 4 > sizeof(*context))
				return -1;
			memcpy(&word, (const char *)context + i->off, 4);
			*dst = word;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			*dst = imm;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			*dst = reg[i->src_reg];
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			*dst &= imm;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			*dst >>= imm;
			break;
		case BPF_JMP | BPF_JA:
			pc += (size_t)i->off;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += *dst == imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			pc += *dst != imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JLT | BPF_K:
			pc += *dst < imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JLE | BPF_K:
			pc += *dst <= imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += *dst & imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int)reg[0];
		default:
			return -1;
		}
	}
	return -1;
}

static inline bool is_of(const struct device_rule *x, char type, int major, int minor)
{
	return x->type == type && (x->major == DEVICE_ANY || x->major == major) &&
	       (x->minor == DEVICE_ANY || x->minor == minor);
}

/* devcgroup_legacy_check_permission() of the kernel. */
static inline bool judge_v1(bool allow_all, const struct device_rules *list, char type, int major,
			    int minor, unsigned int access)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct device_rule *x = &list->rules[i];

		if (!is_of(x, type, major, minor))
			continue;
		if (allow_all && (x->access & access))
			return false;
		if (!allow_all && !(access & ~x->access))
			return true;
	}
	return allow_all;
}

#endif
