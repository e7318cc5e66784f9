/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What musl lacks of what rundlet takes from glibc, under the names and with the results that
 * glibc's manual pages tell; with glibc they are its own.
 */
#ifndef RL_OS_LIBC_H
#define RL_OS_LIBC_H

#include <spawn.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __GLIBC__

#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#else

#include <linux/prctl.h>
#include <linux/stat.h>
#include <signal.h>
#include <sys/syscall.h>

#ifndef W_EXITCODE
#define W_EXITCODE(status, signal) ((status) << 8 | (signal))
#endif

/* The header that declares it has the same structures as the kernel's, which we need more of. */
int prctl(int option, ...);

static inline int pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}

static inline int close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *ret)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, ret);
}

#endif

/* posix_spawn_file_actions_addclosefrom_np(): close `first` and all above. Returns 0 or a positive
 * errno. */
int libc_add_close_from(posix_spawn_file_actions_t *actions, int first);

#endif
