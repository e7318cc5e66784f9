/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors over a unix socket (unix(7), SCM_RIGHTS), for the stub. Freestanding. */
#ifndef RL_CONTAINER_FDPASS_H
#define RL_CONTAINER_FDPASS_H

#include <stddef.h>

/* Send data and one descriptor. A result >= 0, or a negative errno. */
long fdpass_send(int sock, const void *data, size_t len, int fd);

/* Receive one descriptor, close-on-exec; the data with it is dropped. -EPROTO: there came none. */
int fdpass_receive(int sock);

#endif
