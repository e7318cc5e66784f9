/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stub: the program that becomes the container's process. Freestanding; entered from
 * stub-entry.c in the real stub, and called directly by unit tests.
 */
#ifndef RL_CONTAINER_INIT_H
#define RL_CONTAINER_INIT_H

#include "container/message.h"
#include "container/plan.h"
#include "os/guest.h"

/* The name of the process until it executes the program. */
#define INIT_NAME "rundlet-init"

/* What the stub keeps beside the rooms' struct guest. */
struct init {
	struct guest g;
	const struct plan *p;
	struct message msg; /* g.err points into it */
	int report_fd;      /* to HOST; after wait_start: to the `start` command */
	int spent_fd;       /* HOST is to close it: it goes with the next AT or EXEC; or -EBADF */
	int step;           /* the row being run */
	uint32_t trace;
	uint32_t umask;  /* the caller's, for hooks */
	uint32_t pid;    /* of this process, as HOST sees it; known from the last GO on */
	bool pid_joined; /* our children are in the pid namespace that is joined */
};

/*
 * Run the plan that the descriptor holds, from the first row of the stub to execve. Does not
 * return.
 */
_Noreturn void init_run(int plan_fd);

/*
 * live-guest.c, in a container that exists. enter: go into the namespaces of its process; of the
 * pid namespace, only the children that are made later. run: change its mounts, report, and end.
 */
int live_enter(struct init *i);
_Noreturn void live_run(struct init *i);

/* init-die-guest.c: send the error in i->msg and end. */
_Noreturn void init_die(struct init *i);

/*
 * follow-guest.c: die with HOST, and now if it is dead already. sock: the socket to it. The kernel
 * forgets it in fork and when ids change.
 */
void follow_host(int sock);

/* bridge-guest.c: join what must be joined before the container's process exists, and start it. The
 * child returns 0; the BRIDGE itself ends in here. Failure: negative errno, error filled. */
int bridge_run(struct init *i);

/* become-guest.c: take the ids of the user namespace's root, with all capabilities kept for execve.
 */
int become_root(const struct init *i);

/*
 * handover-guest.c: start a child of HOST with these new namespaces (CLONE_NEW...), which goes on
 * in our place: it returns 0, we end in here. Failure: negative errno, error filled.
 */
int handover_clone(struct init *i, uint64_t namespaces);

/*
 * pid-enter-guest.c. fsopen: open the procfs of the pid namespace that is joined. join: our
 * children are in that namespace from here on. drop: close all descriptors but our sockets. run:
 * the row.
 */
int pid_enter_fsopen(struct guest *g);
int pid_enter_join(struct init *i);
int pid_enter_drop(struct init *i);
int pid_enter_run(struct init *i);

/* start-guest.c: wait until `rundlet start` connects and says START. */
int start_wait(struct init *i);

/*
 * listener-guest.c. ready: start who gives the listener of the filter to the agent. give: let him,
 * and wait; makes no system call. Nothing, if there is to be none.
 */
int listener_ready(struct init *i);
void listener_give(const struct init *i, int fd);

/* hooks-guest.c: run the hooks of a kind that belongs to the container namespace. */
int hooks_run(struct init *i, enum hook_kind kind);

#endif
