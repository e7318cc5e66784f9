/* SPDX-License-Identifier: Apache-2.0 */
/* An interpreter of the classic BPF that seccomp takes, for tests of filters. */
#ifndef RL_TEST_FILTER_RUN_H
#define RL_TEST_FILTER_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct program {
	const struct sock_filter *code;
	size_t n;
};

struct verdict {
	uint32_t action;  /* 0xdead for a program that the kernel would not take */
	bool sees_number; /* the number of the call was loaded since the architecture was */
};

static inline bool filter_compares(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGE:
		return a >= k;
	case BPF_JGT:
		return a > k;
	default:
		return a & k;
	}
}

/* What the kernel would do. */
static inline struct verdict filter_run(const struct program *p, const struct seccomp_data *data)
{
	struct verdict got = { 0xdead, false };
	uint32_t a = 0;

	for (size_t pc = 0; pc < p->n; pc++) {
		const struct sock_filter *i = &p->code[pc];

		if (i->code == (BPF_RET | BPF_K)) {
			got.action = i->k;
			break;
		}
		if (i->code == (BPF_LD | BPF_W | BPF_ABS) && i->k < sizeof(*data) &&
		    i->k % 4 == 0) {
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			got.sees_number =
				i->k != offsetof(struct seccomp_data, arch) &&
				(got.sees_number || i->k == offsetof(struct seccomp_data, nr));
		} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
			a &= i->k;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			pc += i->k;
		} else if (BPF_CLASS(i->code) == BPF_JMP && BPF_SRC(i->code) == BPF_K) {
			pc += filter_compares(i->code, a, i->k) ? i->jt : i->jf;
		} else {
			break;
		}
	}
	return got;
}

#endif
