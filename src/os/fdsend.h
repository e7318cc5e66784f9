/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a descriptor to who listens at the path of a socket: SCM_RIGHTS of unix(7). */
#ifndef RL_OS_FDSEND_H
#define RL_OS_FDSEND_H

/*
 * Connect to the stream socket at a path of any length. A descriptor, or a negative errno; -EAGAIN
 * after 5 s, as of what is sent there later, if nobody takes it.
 */
int fdsend_connect(const char *path);

/* Send one message with the descriptor, and the text (not empty). 0 or a negative errno. */
int fdsend_one(int sock, int fd, const char *text);

/* Connect to the stream socket at a path of any length, and send that there. */
int fdsend_give(const char *path, const char *text, int fd);

#endif
