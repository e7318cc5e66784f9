/* SPDX-License-Identifier: Apache-2.0 */
/* Starting programs of the host. */
#ifndef RL_OS_SPAWN_H
#define RL_OS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	const char *path; /* absolute */
	char *const *argv, *const *envp;
	int in;          /* standard input; negative: empty */
	int out;         /* standard output */
	int err;         /* standard error; negative: ours */
	bool own_group;  /* a process group of its own */
	const char *dir; /* its working directory; NULL: ours */
};

/*
 * Start a program, with no other descriptors, and every signal at its default, none blocked,
 * whatever our caller had. *ret is its pid, to be waited for. Returns 0 or a negative errno.
 */
int spawn_program(const struct spawn *s, pid_t *ret);

/*
 * Start one for what it prints: *ret_out is the end of a pipe from which its standard output is
 * read, *ret_pidfd is for pidfd_reap(). Its standard input is empty, standard error and environment
 * are ours. Returns 0 or a negative errno.
 */
int spawn_reader(const char *path, char *const argv[], int *ret_out, int *ret_pidfd);

/*
 * Run one to its end, with an empty environment and no standard input; *ret_status is that of
 * waitpid(2), and buf has the first line of what it said on standard error or output. Returns 0 or
 * a negative errno.
 */
int spawn_wait(const char *path, char *const argv[], int *ret_status, char *buf, size_t size);

#endif
