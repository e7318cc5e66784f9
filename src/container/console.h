/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of a terminal, for create, run and exec. Inside src/container only. */
#ifndef RL_CONTAINER_CONSOLE_H
#define RL_CONTAINER_CONSOLE_H

#include "base/err.h"
#include "container/plan.h"

/*
 * Whether the options fit the process: who leaves it alone (`detached`) has to say who gets its
 * terminal; who stays with it relays the terminal. 0 or a negative errno.
 */
int console_check(const struct plan *p, const char *console_socket, bool detached,
		  struct rl_err *e);

/*
 * Have a socket for the stub to send the terminal's other side to: the one at the path, or, when
 * that is NULL, one whose other end is *ret_fd; the terminal then gets the size of ours. Fills the
 * plan.
 */
int console_open(struct plan *p, const char *console_socket, int *ret_fd, struct rl_err *e);

/* Close what console_open() has opened for the stub. Safe at any time. */
void console_close(struct plan *p);

#endif
