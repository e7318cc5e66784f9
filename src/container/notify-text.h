/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container says to NOTIFY_SOCKET, sifted: from a datagram, which may hold anything, the
 * lines of notify-fields.def are kept. Pure. Inside src/container only.
 */
#ifndef RL_CONTAINER_NOTIFY_TEXT_H
#define RL_CONTAINER_NOTIFY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define NOTIFY_TEXT_MAX 4096 /* bytes of a datagram, as with systemd */
#define NOTIFY_TEXT_PID 32   /* room for a line with MAINPID */

struct notify_text {
	char text[NOTIFY_TEXT_MAX + NOTIFY_TEXT_PID]; /* lines; no NUL at its end */
	size_t len;
	bool ready;   /* READY=1 is among them */
	bool barrier; /* BARRIER=1 was; it is not in the text, as it goes with a descriptor */
};

/*
 * Sift the n bytes of a datagram, at most NOTIFY_TEXT_MAX. Where READY=1 is among the lines,
 * MAINPID=main is added, unless main is 0.
 */
void notify_text_sift(const char *bytes, size_t n, pid_t main, struct notify_text *ret);

#endif
