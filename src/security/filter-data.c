/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a filter that is given as classic BPF, and checks it as the kernel does when it is loaded:
 * there the error would come with start, and have no reason.
 */
#include "security/filter-data.h"

#include "base/auto.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHARS       4 /* of base64, for BYTES */
#define BYTES       3
#define CELLS       16 /* of a program's memory: BPF_MEMWORDS of the kernel */
#define SHIFT_LIMIT 32

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64 of RFC 4648, with its padding. The number of bytes, or -EINVAL. */
static ssize_t decode(const char *text, size_t len, unsigned char *ret)
{
	size_t n = 0;

	if (len % CHARS)
		return -EINVAL;
	for (size_t i = 0; i < len; i += CHARS) {
		unsigned int pad = 0;
		uint32_t bits = 0;

		if (i + CHARS == len)
			pad = text[len - 2] == '=' ? 2 : text[len - 1] == '=';
		for (unsigned int k = 0; k < CHARS; k++) {
			int d = k < CHARS - pad ? digit(text[i + k]) : text[i + k] == '=' ? 0 : -1;

			if (d < 0)
				return -EINVAL;
			bits = bits << 6 | (uint32_t)d;
		}
		for (unsigned int k = 0; k < BYTES - pad; k++)
			ret[n++] = (unsigned char)(bits >> (16 - 8 * k));
	}
	return (ssize_t)n;
}

/* The instructions that filters of seccomp(2) may have. */
static bool is_known(uint16_t code)
{
	static const uint16_t alone[] = {
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN,
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ST,
		BPF_STX,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_RET | BPF_K,
		BPF_RET | BPF_A,
		BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA,
	};
	/* With a constant or with X. */
	static const uint16_t both[] = {
		BPF_ALU | BPF_ADD,  BPF_ALU | BPF_SUB, BPF_ALU | BPF_MUL, BPF_ALU | BPF_DIV,
		BPF_ALU | BPF_AND,  BPF_ALU | BPF_OR,  BPF_ALU | BPF_XOR, BPF_ALU | BPF_LSH,
		BPF_ALU | BPF_RSH,  BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JGE, BPF_JMP | BPF_JGT,
		BPF_JMP | BPF_JSET,
	};

	for (size_t i = 0; i < RL_COUNT(alone); i++)
		if (code == alone[i])
			return true;
	for (size_t i = 0; i < RL_COUNT(both); i++)
		if ((code & ~BPF_X) == both[i])
			return true;
	return false;
}

/* What is wrong with an instruction's constant or its targets; after: instructions behind it. */
static const char *find_fault(const struct sock_filter *in, size_t after)
{
	if (!is_known(in->code))
		return "is none that filters may have";
	switch (BPF_CLASS(in->code)) {
	case BPF_JMP:
		if (in->code == (BPF_JMP | BPF_JA) ? in->k >= after :
						     in->jt >= after || in->jf >= after)
			return "jumps behind the end";
		return NULL;
	case BPF_ALU:
		if (in->code == (BPF_ALU | BPF_DIV | BPF_K) && !in->k)
			return "divides by 0";
		if ((in->code == (BPF_ALU | BPF_LSH | BPF_K) ||
		     in->code == (BPF_ALU | BPF_RSH | BPF_K)) &&
		    in->k >= SHIFT_LIMIT)
			return "shifts too far";
		return NULL;
	case BPF_RET:
	case BPF_MISC:
		return NULL;
	default:
		break;
	}
	if (in->code == (BPF_LD | BPF_W | BPF_ABS) &&
	    (in->k % sizeof(uint32_t) || in->k >= sizeof(struct seccomp_data)))
		return "reads outside of a system call";
	if ((BPF_CLASS(in->code) == BPF_ST || BPF_CLASS(in->code) == BPF_STX ||
	     BPF_MODE(in->code) == BPF_MEM) &&
	    in->k >= CELLS)
		return "has no such cell";
	return NULL;
}

/*
 * Whether each cell that is read was written on all ways to there. Jumps only go forward, so one
 * pass finds it; what follows a return is, as for the kernel, reached from it. Returns the index of
 * the one that reads what was not, or n.
 */
static size_t find_unwritten(const struct sock_filter *code, size_t n)
{
	uint16_t written[BPF_MAXINSNS], now = 0;

	memset(written, 0xff, sizeof(written));
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *in = &code[i];

		now &= written[i];
		switch (BPF_CLASS(in->code)) {
		case BPF_ST:
		case BPF_STX:
			now |= (uint16_t)(1u << in->k);
			break;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(in->code) == BPF_MEM && !(now >> in->k & 1))
				return i;
			break;
		case BPF_JMP:
			if (in->code == (BPF_JMP | BPF_JA)) {
				written[i + 1 + in->k] &= now;
			} else {
				written[i + 1 + in->jt] &= now;
				written[i + 1 + in->jf] &= now;
			}
			now = UINT16_MAX; /* only a jump comes to what follows */
			break;
		default:
			break;
		}
	}
	return n;
}

static int check(const struct sock_filter *code, size_t n, const char *where, struct rl_err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const char *fault = find_fault(&code[i], n - i - 1);

		if (fault)
			return rl_refuse(e, where, "instruction %zu (0x%02x) %s", i, code[i].code,
					 fault);
	}
	if (BPF_CLASS(code[n - 1].code) != BPF_RET)
		return rl_refuse(e, where, "the last instruction does not return");
	i = find_unwritten(code, n);
	if (i < n)
		return rl_refuse(e, where, "instruction %zu reads a cell that was not written", i);
	return 0;
}

int filter_data_read(const char *text, const char *where, struct flat *f, struct flat_blob *ret,
		     struct rl_err *e)
{
	const size_t len = strlen(text), max = BPF_MAXINSNS * sizeof(struct sock_filter);
	rl_autofree struct sock_filter *code = NULL;
	ssize_t size;
	int r;

	if (len / CHARS * BYTES > max + BYTES)
		return rl_refuse(e, where, "has more than %d instructions", BPF_MAXINSNS);
	code = malloc(len / CHARS * BYTES + sizeof(*code));
	if (!code)
		return rl_fail_at(e, -ENOMEM, where, "make room for the seccomp filter");
	size = decode(text, len, (unsigned char *)code);
	if (size < 0)
		return rl_refuse(e, where, "is not base64 (RFC 4648)");
	if (!size || (size_t)size % sizeof(*code) || (size_t)size > max)
		return rl_refuse(e, where,
				 "has %zd bytes: a filter has 1 to %d instructions of %zu bytes",
				 size, BPF_MAXINSNS, sizeof(*code));
	r = check(code, (size_t)size / sizeof(*code), where, e);
	if (r < 0)
		return r;
	*ret = (struct flat_blob){ flat_add(f, code, (uint32_t)size), (uint32_t)size };
	return 0;
}
