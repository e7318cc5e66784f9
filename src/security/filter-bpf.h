/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An assembler for classic BPF that writes a program from its end to its beginning: jumps only go
 * forward, so every target is there before the jump to it. Inside src/security only.
 */
#ifndef RL_SECURITY_FILTER_BPF_H
#define RL_SECURITY_FILTER_BPF_H

#include "base/err.h"
#include "base/flat.h"

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The distance of an instruction from the end of the program: 1 is the last one. */
typedef uint32_t filter_label;

/* What does not fit is counted, but not kept. */
struct filter_bpf {
	struct sock_filter code[BPF_MAXINSNS];
	filter_label n;
};

/* Copy the finished program. -E2BIG, without an error: the kernel would not take it. */
int filter_bpf_take(const struct filter_bpf *b, struct flat *f, struct flat_blob *ret,
		    struct rl_err *e);
filter_label filter_bpf_load(struct filter_bpf *b, uint32_t offset);
/* A half of an argument (0 to 5), and go on at `then`. */
filter_label filter_bpf_load_arg(struct filter_bpf *b, unsigned int arg, bool low,
				 filter_label then);
filter_label filter_bpf_and(struct filter_bpf *b, uint32_t mask);
/* Return an action: a return that is near enough is used again. */
filter_label filter_bpf_return(struct filter_bpf *b, uint32_t action);
/* What most of the next hundred instructions can jump to: the label, or a step to it. */
filter_label filter_bpf_near(struct filter_bpf *b, filter_label to);
/* op: BPF_JEQ, BPF_JGE, BPF_JGT. Targets that are too far for a jump get a step on the way. */
filter_label filter_bpf_jump(struct filter_bpf *b, uint16_t op, uint32_t k, filter_label yes,
			     filter_label no);

#endif
