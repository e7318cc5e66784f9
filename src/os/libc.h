/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What musl lacks of what rundlet takes from glibc, under the names and with the results that
 * glibc's manual pages tell; with glibc they are its own.
 */
#ifndef RL_OS_LIBC_H
#define RL_OS_LIBC_H

#include "config.h"

#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <sys/pidfd.h>
#include <sys/prctl.h>
#else
#include <linux/prctl.h>
/* The header that declares it has the same structures as the kernel's, which we need more of. */
int prctl(int option, ...);
#endif

#ifndef W_EXITCODE
#define W_EXITCODE(status, signal) ((status) << 8 | (signal))
#endif

#ifndef HAVE_PIDFD_OPEN
static inline int pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}
#endif

#ifndef HAVE_CLOSE_RANGE
static inline int close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}
#endif

#ifndef HAVE_STATX
#include <linux/stat.h>
static inline int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *ret)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, ret);
}
#endif

/* sigfillset(), with those that the C library keeps for itself: musl counts SIGRTMIN among them. */
void libc_fill_signals(sigset_t *set);

/* posix_spawn_file_actions_addclosefrom_np(): close `first` and all above. Returns 0 or a positive
 * errno. */
int libc_add_close_from(posix_spawn_file_actions_t *actions, int first);

#endif
