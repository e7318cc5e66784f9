/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program of the host for what it prints. */
#ifndef RL_OS_SPAWN_H
#define RL_OS_SPAWN_H

/*
 * Start the program at the absolute path: *ret_out is the end of a pipe from which its standard
 * output is read, *ret_pidfd is for pidfd_reap(). Its standard input is empty, standard error and
 * environment are ours, it has no other descriptors, and every signal at its default. Returns 0 or
 * a negative errno.
 */
int spawn_reader(const char *path, char *const argv[], int *ret_out, int *ret_pidfd);

#endif
