/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls for freestanding code: no libc, no errno. Every sys_...() returns what the kernel
 * returned: a result >= 0, or a negative errno.
 *
 * Used by the *-guest.c files, which run in the container before the payload, and compiled as
 * ordinary code into the unit tests. Linux 5.14 or later; x86_64 and arm64.
 */
#ifndef RL_OS_SYS_H
#define RL_OS_SYS_H

#include "base/fault.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>

#ifdef RL_FAULTS
/* Counted down by each call; the call that makes it 0 fails with EIO. 0: none fails. */
extern unsigned int sys_fault_countdown;
/* FAULT_DENY_...: what is as on a kernel that lacks it. */
extern unsigned int sys_fault_denied;
/* A bit for each row of weak.def: defences that are left out. */
extern unsigned int sys_fault_weak;
#define SYS_WEAK(name)   (sys_fault_weak >> FAULT_WEAK_##name & 1)
#define SYS_DENIED(name) (sys_fault_denied & FAULT_DENY_##name)
#define SYS_FAULT_POINT()                                              \
	do {                                                           \
		if (sys_fault_countdown && --sys_fault_countdown == 0) \
			return -EIO;                                   \
	} while (0)
#else
#define SYS_DENIED(name) 0
#define SYS_WEAK(name)   0
#define SYS_FAULT_POINT() \
	do {              \
	} while (0)
#endif

#if defined(__x86_64__)
static inline long sys_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long sys_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}
#else
#error "rundlet's system call layer knows x86_64 and arm64: add this architecture to os/sys.h"
#endif

static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
	SYS_FAULT_POINT();
	return sys_raw(nr, a, b, c, d, e, f);
}

#define SYS_P(p)              ((long)(p))
#define SYS_1(nr, a)          sys_call(nr, (long)(a), 0, 0, 0, 0, 0)
#define SYS_2(nr, a, b)       sys_call(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS_3(nr, a, b, c)    sys_call(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS_4(nr, a, b, c, d) sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS_5(nr, a, b, c, d, e) \
	sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS_6(nr, a, b, c, d, e, f) \
	sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* What only libc headers name; the kernel's own clash with them in hosted code. */
#define SYS_SIGKILL      9
#define SYS_MSG_NOSIGNAL 0x4000
#define SYS_PROT_READ    1
#define SYS_PROT_WRITE   2
#define SYS_MAP_PRIVATE  2
#define SYS_MAP_ANON     0x20
#define SYS_SEEK_SET     0
#define SYS_SEEK_END     2

/* What getdents64(2) gives: linux_dirent64, which no header of the kernel has. */
struct sys_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* Calls that every subject needs; each subject makes its own with SYS_n(). */

/* Closing is never made to fail by a fault point: a descriptor would leak in the test only. */
static inline long sys_close(int fd)
{
	return sys_raw(__NR_close, fd, 0, 0, 0, 0, 0);
}

static inline long sys_openat(int dirfd, const char *path, int flags, unsigned int mode)
{
	return SYS_4(__NR_openat, dirfd, path, flags, mode);
}

static inline long sys_read(int fd, void *buf, size_t n)
{
	return SYS_3(__NR_read, fd, buf, n);
}

static inline long sys_write(int fd, const void *buf, size_t n)
{
	return SYS_3(__NR_write, fd, buf, n);
}

/* A filter may deny even this: then a trap ends the process, which no filter sees. */
static inline _Noreturn void sys_exit(int status)
{
	sys_raw(__NR_exit_group, status, 0, 0, 0, 0, 0);
	__builtin_trap();
}

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t sys_now(void)
{
	int64_t ts[2] = { 0, 0 };

	sys_raw(__NR_clock_gettime, 1, SYS_P(ts), 0, 0, 0, 0);
	return ts[0] * 1000000000 + ts[1];
}

static inline size_t sys_strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline int sys_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Append s to the NUL-terminated text in buf[size], cutting it at the end. */
static inline void sys_append(char *buf, size_t size, const char *s)
{
	size_t at = sys_strlen(buf);

	while (*s && at + 1 < size)
		buf[at++] = *s++;
	buf[at] = 0;
}

/* Write n in decimal with a NUL into buf (at least 21 bytes). Returns its length. */
static inline size_t sys_decimal(char *buf, uint64_t n)
{
	char tmp[20];
	size_t len = 0, i = 0;

	do {
		tmp[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (len)
		buf[i++] = tmp[--len];
	buf[i] = 0;
	return i;
}

#endif
