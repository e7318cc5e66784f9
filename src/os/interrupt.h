/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts off the signals with which people and service managers end a program (HUP, INT, QUIT, TERM),
 * so that what must not stay half done is taken back before they take effect. For a process of one
 * thread.
 */
#ifndef RL_OS_INTERRUPT_H
#define RL_OS_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
	sigset_t held; /* those that would have come: not ignored, nor blocked by the caller */
	sigset_t old;  /* the caller's mask */
};

/* From here on they wait. */
void interrupt_hold(struct interrupt *ret);

/* Whether one waits. */
bool interrupt_is_pending(const struct interrupt *i);

/* Let them come; what has waited comes before this returns. */
void interrupt_done(struct interrupt *i);

#endif
