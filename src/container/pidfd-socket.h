/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets that get a pidfd of a process which was started: by the option --pidfd-socket, as with
 * runc, and by the annotation run.oci.pidfd_receiver, as with crun. A message has one descriptor
 * and the id of the container as its text.
 */
#ifndef RL_CONTAINER_PIDFD_SOCKET_H
#define RL_CONTAINER_PIDFD_SOCKET_H

#include "container/plan.h"

struct oci_config;

/* Plan them; option: the path, or NULL. Pure. */
int pidfd_socket_plan(const struct oci_config *c, const char *option, struct flat *f,
		      struct flat_list *ret, struct rl_err *e);

/* Send it to each. */
int pidfd_socket_send(const struct plan *p, int pidfd, struct rl_err *e);

#endif
