/* SPDX-License-Identifier: Apache-2.0 */
/* An assembler for classic BPF; see filter-bpf.h. */
#include "security/filter-bpf.h"

#include <errno.h>
#include <linux/seccomp.h>

#define JUMP_MAX   255 /* jt and jf are bytes */
#define NEAR_MAX   100 /* how many instructions filter_bpf_near() is about */
#define RETURN_MAX 240 /* how far a return is looked for; jumps to it are mostly near */

static struct sock_filter *at(struct filter_bpf *b, filter_label label)
{
	return &b->code[BPF_MAXINSNS - label];
}

static filter_label add(struct filter_bpf *b, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	b->n++;
	if (b->n <= BPF_MAXINSNS)
		*at(b, b->n) = (struct sock_filter){ code, jt, jf, k };
	return b->n;
}

int filter_bpf_take(const struct filter_bpf *b, struct flat *f, struct flat_blob *ret,
		    struct rl_err *e)
{
	struct flat_blob blob = { .len = b->n * (uint32_t)sizeof(b->code[0]) };

	if (b->n > BPF_MAXINSNS)
		return -E2BIG;
	blob.off = flat_add(f, &b->code[BPF_MAXINSNS - b->n], blob.len);
	if (flat_failed(f))
		return rl_fail(e, flat_failed(f), "make room for the seccomp filter");
	*ret = blob;
	return 0;
}

static filter_label step_to(struct filter_bpf *b, filter_label to)
{
	return add(b, BPF_JMP | BPF_JA, 0, 0, b->n - to);
}

filter_label filter_bpf_load(struct filter_bpf *b, uint32_t offset)
{
	return add(b, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HALF_LOW 0u
#else
#define HALF_LOW 4u
#endif

filter_label filter_bpf_load_arg(struct filter_bpf *b, unsigned int arg, bool low,
				 filter_label then)
{
	uint32_t half = low ? HALF_LOW : 4 - HALF_LOW;

	if (then != b->n)
		step_to(b, then);
	return filter_bpf_load(
		b, (uint32_t)(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) + half));
}

filter_label filter_bpf_and(struct filter_bpf *b, uint32_t mask)
{
	return add(b, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
}

filter_label filter_bpf_return(struct filter_bpf *b, uint32_t action)
{
	for (filter_label i = b->n; i > 0 && b->n <= BPF_MAXINSNS && b->n - i < RETURN_MAX; i--)
		if (at(b, i)->code == (BPF_RET | BPF_K) && at(b, i)->k == action)
			return i;
	return add(b, BPF_RET | BPF_K, 0, 0, action);
}

/* A label that the next instruction, or the one after `later` more, can jump to. */
static filter_label reach(struct filter_bpf *b, filter_label to, unsigned int later)
{
	if (b->n > BPF_MAXINSNS || b->n + later - to <= JUMP_MAX)
		return to;
	if (at(b, to)->code == (BPF_RET | BPF_K))
		return add(b, BPF_RET | BPF_K, 0, 0, at(b, to)->k);
	return step_to(b, to);
}

filter_label filter_bpf_near(struct filter_bpf *b, filter_label to)
{
	if (b->n > BPF_MAXINSNS || b->n + NEAR_MAX - to <= JUMP_MAX)
		return to;
	if (at(b, to)->code == (BPF_RET | BPF_K))
		return filter_bpf_return(b, at(b, to)->k);
	return step_to(b, to);
}

filter_label filter_bpf_jump(struct filter_bpf *b, uint16_t op, uint32_t k, filter_label yes,
			     filter_label no)
{
	if (yes == no)
		return yes;
	yes = reach(b, yes, 1);
	no = reach(b, no, 0);
	return add(b, (uint16_t)(BPF_JMP | BPF_K | op), (uint8_t)(b->n - yes), (uint8_t)(b->n - no),
		   k);
}
