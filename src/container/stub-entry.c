/* SPDX-License-Identifier: Apache-2.0 */
/* The stub's first instructions, and the memory functions that the compiler may call for. */
#include "container/init.h"

#ifdef RL_FAULTS
unsigned int sys_fault_countdown;
unsigned int sys_fault_denied;
unsigned int sys_fault_weak;
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
_Noreturn void stub_main(const long *stack);

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (t <= f)
		return memcpy(to, from, n);
	while (n--)
		t[n] = f[n];
	return to;
}

void *memset(void *to, int c, size_t n)
{
	char *t = to;

	while (n--)
		*t++ = (char)c;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* stack: argc, argv[0], argv[1], ...; argv[1] is the descriptor of the plan, in decimal. */
void stub_main(const long *stack)
{
	const char *arg = stack[0] == 2 ? (const char *)stack[2] : "";
	int fd = 0;

	if (!*arg)
		sys_exit(119);
	for (; *arg >= '0' && *arg <= '9'; arg++)
		fd = fd * 10 + (*arg - '0');
	init_run(fd);
}

#if defined(__x86_64__)
__asm__(".text\n"
	".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call stub_main\n"
	"	hlt\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl stub_main\n"
	"	brk #0\n");
#endif
