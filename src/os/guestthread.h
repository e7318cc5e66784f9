/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread or process of freestanding code that goes on on a stack of its own. No libc stands
 * behind it: it has no thread-local storage, its stack is the caller's memory, and its function
 * must not return.
 */
#ifndef RL_OS_GUESTTHREAD_H
#define RL_OS_GUESTTHREAD_H

#include "os/sys.h"

#include <linux/sched.h>

/* clone3(2) with run(context) on the stack of *args. Its number, or a negative errno. */
static inline long guestthread_clone(const struct clone_args *args, void (*run)(void *),
				     void *context)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "movq %[context], %%rdi\n\t"
			 "callq *%[run]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "a"((long)__NR_clone3), "D"(args),
			   "S"(sizeof(*args)), [run] "r"(run), [context] "r"(context)
			 : "rcx", "r11", "cc", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = __NR_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x0, %[context]\n\t"
			 "blr %[run]\n\t"
			 "brk 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), [run] "r"(run), [context] "r"(context)
			 : "cc", "memory");
	return x0;
#endif
}

/*
 * Start run(context) as a thread, with the memory and the descriptors of this process. Who executes
 * another program ends it. Its number, or a negative errno.
 */
static inline long guestthread_start(void *stack, size_t size, void (*run)(void *), void *context)
{
	const struct clone_args args = {
		.flags = CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = size,
	};

	SYS_FAULT_POINT();
	return guestthread_clone(&args, run, context);
}

#endif
