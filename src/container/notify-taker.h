/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that takes the datagrams of a container at NOTIFY_SOCKET, and gives us their sifted
 * text. Inside src/container only.
 *
 * A datagram may bring descriptors, and who removes it from the socket closes them. The last close
 * of one can be made to wait: of a TCP socket with SO_LINGER, of a file whose server does not
 * answer. So that is done by a child that holds the socket alone, from its making to its end, and
 * that can be killed; what waits keeps back the messages of this container, and nothing else. Nor
 * does it take a descriptor out of a datagram: one that goes with BARRIER=1 stays open as long as
 * the datagram stays in the socket.
 */
#ifndef RL_CONTAINER_NOTIFY_TAKER_H
#define RL_CONTAINER_NOTIFY_TAKER_H

#include "base/err.h"
#include "container/notify-text.h"

#include <errno.h>
#include <sys/types.h>

struct notify_taker {
	int fd;    /* readable when there is a message; -EBADF: none comes any more */
	int pidfd; /* of the child */
};

#define NOTIFY_TAKER_INIT                     \
	{                                     \
		.fd = -EBADF, .pidfd = -EBADF \
	}

/*
 * Make the socket of this name in a directory, and take what comes. main as in
 * notify_text_sift(). notify_taker_done() in any case.
 */
int notify_taker_begin(struct notify_taker *t, int dir, const char *name, pid_t main,
		       struct rl_err *e);
void notify_taker_done(struct notify_taker *t);

/*
 * The next message. 0 or a negative errno: -EAGAIN: there is none yet; -EMSGSIZE: one was too long,
 * and is gone; others: there are no more, t->fd is negative then, and -ENODATA: as it was told to.
 */
int notify_taker_take(struct notify_taker *t, struct notify_text *ret);

/* The barrier that came last is over: its descriptor is closed, and the next message taken. */
void notify_taker_release(struct notify_taker *t);

/* It ends when it has taken what is there now. */
void notify_taker_last(struct notify_taker *t);

#endif
