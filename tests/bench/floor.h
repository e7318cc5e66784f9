/* SPDX-License-Identifier: Apache-2.0 */
/* How a floor program begins, without a C library. */
#ifndef RL_TESTS_BENCH_FLOOR_H
#define RL_TESTS_BENCH_FLOOR_H

#include "os/sys.h"

/* The program. stack: the number of arguments, the addresses of their texts, and 0. */
_Noreturn void floor_main(long *stack);

static long number(const char *text)
{
	long n = 0;

	for (; *text; text++)
		n = n * 10 + *text - '0';
	return n;
}

__asm__(".globl _start\n_start:\n"
#if defined(__x86_64__)
	"xor %ebp, %ebp\nmov %rsp, %rdi\nand $-16, %rsp\ncall floor_main\n"
#else
	"mov x29, #0\nmov x0, sp\nbl floor_main\n"
#endif
);

#endif
