/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener of a seccomp filter: a descriptor from which an agent outside reads the system calls
 * that the filter notifies of, and answers them (seccomp_unotify(2)). The kernel makes it when the
 * filter is loaded; it goes with a text to the agent's socket (config-linux.md#seccomp).
 */
#ifndef RL_CONTAINER_LISTENER_H
#define RL_CONTAINER_LISTENER_H

#include "container/plan.h"

#include <sys/types.h>

struct oci_config;

/*
 * Plan who gets the listener of the filter that is planned, if it has one. first: the container's
 * process, if another one is planned here; 0: this is it. Pure.
 */
int listener_plan(const struct oci_config *c, const char *bundle, const char *id, pid_t first,
		  struct flat *f, struct plan *p, struct rl_err *e);

/* Connect to the agent, for the stub. */
int listener_open(struct plan *p, struct rl_err *e);
void listener_close(struct plan *p);

#endif
