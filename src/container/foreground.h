/* SPDX-License-Identifier: Apache-2.0 */
/* The foreground part of `run` and `exec`: start, pass signals on, wait. Inside src/container only.
 */
#ifndef RL_CONTAINER_FOREGROUND_H
#define RL_CONTAINER_FOREGROUND_H

#include "container/notify.h"
#include "container/run.h"

#include <errno.h>
#include <signal.h>

struct foreground {
	int signals;          /* a signalfd; they are blocked while it is open */
	sigset_t old;         /* the caller's mask */
	struct notify notify; /* of `run`: what the container says is passed on, if begun */
};

#define FOREGROUND_INIT                                   \
	{                                                 \
		.signals = -EBADF, .notify = NOTIFY_INIT, \
	}

/*
 * Start the program by `begin` (run_start() or run_exec()), and wait for its end. Gives its exit
 * status, 128+N for signal N. While it runs, the lock on the state directory is free. 0 or a
 * negative errno, with the error filled.
 */
int foreground_run(struct foreground *f, struct run *r, int (*begin)(struct run *r),
		   int *ret_status);

/*
 * When all is cleaned up, which no signal interrupts until then: the signal mask is the caller's
 * again. Safe at any time.
 */
void foreground_end(struct foreground *f);

#endif
