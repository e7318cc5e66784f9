/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The namespaces of a container that exists, for a command that sends its stub into them: mounts
 * and exec. Inside src/container only.
 */
#ifndef RL_CONTAINER_ENTER_H
#define RL_CONTAINER_ENTER_H

#include "container/plan.h"
#include "container/record.h"

struct enter {
	int pidfd;     /* the container's process */
	uint32_t join; /* CLONE_NEW...: those of its namespaces that are not ours */
	int mount_fd;  /* its mount namespace */
	int user_fd;   /* the user namespace which that belongs to */
	int pid_fd;    /* its pid namespace, if it is not ours; else -EBADF */
	int root_fd;   /* its root, if the mount namespace has another one; else -EBADF */
};

#define ENTER_INIT                                                                        \
	{                                                                                 \
		.pidfd = -EBADF, .mount_fd = -EBADF, .user_fd = -EBADF, .pid_fd = -EBADF, \
		.root_fd = -EBADF,                                                        \
	}

/* "container not running": the words are those of kill, engines match them. Returns -ESRCH. */
int enter_not_running(struct rl_err *e);

/*
 * Look at the namespaces of the process that n->pidfd is, and check that they are those of the
 * container, of whose configuration `stored` is. enter_done() in any case.
 */
int enter_open(struct enter *n, const struct record *rec, const struct oci_config *stored,
	       struct rl_err *e);
void enter_done(struct enter *n);

/* Fill what the stub needs to enter those of n->join that are in `which`. */
int enter_plan(const struct enter *n, uint32_t which, struct live_plan *ret, struct rl_err *e);

#endif
