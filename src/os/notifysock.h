/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of sd_notify(3): datagrams of a few lines, in two cases with a descriptor. Nothing here
 * waits, but for one thing that is said.
 */
#ifndef RL_OS_NOTIFYSOCK_H
#define RL_OS_NOTIFYSOCK_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it is an address of such a socket: an absolute path, or "@" and an abstract name. */
bool notifysock_is_address(const char *address);

/* A socket that is connected to the one at the address. A descriptor or a negative errno. */
int notifysock_connect(const char *address);

/*
 * A socket with a new name in a directory, in place of one that is there: whoever reaches the
 * directory may send to it. A descriptor or a negative errno.
 */
int notifysock_bind(int dirfd, const char *name);

/*
 * Look at the next datagram, which stays where it is, with its descriptors: its length, or a
 * negative errno; -EAGAIN: there is none; -EMSGSIZE: it is longer than size. *ret_fds: whether it
 * has descriptors.
 */
int notifysock_look(int fd, char *buf, size_t size, bool *ret_fds);

/*
 * Remove it, and close its descriptors. When we are the last who has one of them open, that may
 * wait without end: this is for a process that can be killed. 0 or a negative errno.
 */
int notifysock_drop(int fd);

/* Send one. 0 or a negative errno; -EAGAIN: later. */
int notifysock_give(int fd, const char *text, size_t len);

/*
 * Send BARRIER=1, as sd_notify_barrier(3) does: the descriptor that is returned hangs up when the
 * receiver has done with all that was sent before. Or a negative errno; -EAGAIN: later.
 */
int notifysock_barrier(int fd);

#endif
