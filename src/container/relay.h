/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal of a program in the foreground: passes bytes between our standard streams and the
 * terminal's other side. Inside src/container only.
 *
 * Nothing here waits: who does not read keeps nobody but the program from going on, as on any
 * terminal; who goes away hangs the program's terminal up. Standard input need not be a terminal;
 * its end is then typed as the terminal's end-of-file character.
 */
#ifndef RL_CONTAINER_RELAY_H
#define RL_CONTAINER_RELAY_H

#include "base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define RELAY_POLLS 3

/* Bytes that were read and are to be written. */
struct relay_bytes {
	char data[4096];
	size_t at, len;
};

struct relay {
	int master; /* -EBADF: there is no terminal, or it was hung up */
	int input;  /* -EBADF: ended */
	int output; /* -EBADF: nobody reads */
	int tty;    /* our own terminal, if that is the input; or -EBADF */
	bool raw;   /* it passes every byte on: `old` is how it was */
	bool idle;  /* the program has closed its terminal, but may open it again */
	bool open_line, end_typed;
	struct termios old;
	struct relay_bytes typed, shown;
};

#define RELAY_INIT                                                                  \
	{                                                                           \
		.master = -EBADF, .input = -EBADF, .output = -EBADF, .tty = -EBADF, \
	}

/*
 * Take the terminal's other side, which has been sent to the socket, and put our own terminal into
 * raw mode. relay_done() in any case: it puts that back. 0 or a negative errno.
 */
int relay_begin(struct relay *r, int sock, struct rl_err *e);
void relay_done(struct relay *r);

/* What to wait for, and how many milliseconds at most (-1: any time). */
int relay_poll(const struct relay *r, struct pollfd ret[RELAY_POLLS]);

/* Pass on what can be passed on. */
void relay_move(struct relay *r, const struct pollfd polled[RELAY_POLLS]);

/*
 * The program has ended: pass on what it has left in the terminal. True: there is more, but who
 * reads has to be waited for; *ret is what to wait for.
 */
bool relay_rest(struct relay *r, struct pollfd *ret);

/*
 * Signals that are about our own terminal: its size, and job control. True: it was one, and is not
 * to be passed on.
 */
bool relay_signal(struct relay *r, int signal);

#endif
