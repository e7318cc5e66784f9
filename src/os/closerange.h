/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping descriptors from the program that comes by execve(2), in one call, or where the kernel
 * lacks it, one by one. Freestanding.
 */
#ifndef RL_OS_CLOSERANGE_H
#define RL_OS_CLOSERANGE_H

/*
 * Mark all descriptors from `first` on as close-on-exec: closed at once they could not serve to
 * report a failure of execve(2) any more. proc_fd: a procfs that shows this process; AT_FDCWD: that
 * at /proc is asked; -EBADF: there is none that can be trusted, but all were marked or closed
 * before, and few were opened since. Returns 0 or a negative errno; ENOSYS: neither way is there.
 */
long closerange_cloexec(int proc_fd, unsigned int first);

#endif
