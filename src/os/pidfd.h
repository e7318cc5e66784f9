/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes by descriptor (pidfd_open(2)), and across invocations by pid and what tells it from a
 * later process: a bare pid may be somebody else's by now.
 */
#ifndef RL_OS_PIDFD_H
#define RL_OS_PIDFD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A pidfd of the process, or a negative errno (-ESRCH: there is none). */
int pidfd_of(pid_t pid);

/*
 * The start time of a process in clock ticks since boot (field 22 of /proc/PID/stat), and its state
 * letter. -ESRCH: there is none.
 */
int pidfd_start_time(pid_t pid, uint64_t *ret_time, char *ret_state);

/* What tells a process from a later one with its number: one of these, the other is 0. */
struct pidfd_id {
	uint64_t inode;      /* of its pidfds: no other process has it before the next boot */
	uint64_t start_time; /* see pidfd_start_time() */
};

/*
 * The process that the pidfd is of; `lasting`: what is kept of it may be read after the next boot,
 * so that only its start time will do, as before Linux 6.9. 0 or a negative errno.
 */
int pidfd_identify(pid_t pid, int pidfd, bool lasting, struct pidfd_id *ret);

/* A pidfd of the process if it is this one and has not ended, reaped or not; else -ESRCH. */
int pidfd_same(pid_t pid, const struct pidfd_id *id);

/* Send a signal. 0 or a negative errno. */
int pidfd_signal(int pidfd, int signal);

/* Wait until it has ended; at most `ms` milliseconds (-1: for ever). True: it has. */
bool pidfd_wait(int pidfd, int ms);

/* Wait for the first of two to end: 0, 1 for the other, or -ETIMEDOUT. A negative one never ends.
 */
int pidfd_wait_first(int one, int other, int ms);

/*
 * A caller that ignores SIGCHLD hands that on, and the kernel then reaps children before we can:
 * from here on they wait for us.
 */
void pidfd_children_wait(void);

/* The number of a child of ours, as /proc has it. -ECHILD: it is none, or it is reaped; or another
 * negative errno. */
int pidfd_child(int pidfd);

/* Reap a child: gives its wait(2) status. 0 or a negative errno. */
int pidfd_reap(int pidfd, int *ret_status);

/* Whether there are children, ended ones too: a caller may have left us some with execve(2). */
bool pidfd_has_children(void);

/* Wait until all children have ended, and reap them. */
void pidfd_reap_all(void);

#endif
