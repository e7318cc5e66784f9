/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command that carries out steps: what HOST keeps while it walks the rows of steps.def, and the
 * functions of its rows. Inside src/container only.
 */
#ifndef RL_CONTAINER_RUN_H
#define RL_CONTAINER_RUN_H

#include "base/stamp.h"
#include "container/bundle.h"
#include "container/container.h"
#include "container/message.h"
#include "container/plan.h"
#include "container/record.h"
#include "container/trace.h"
#include "process/netdev.h"

#include <errno.h>
#include <sys/types.h>

struct run {
	const struct container_options *o;
	struct bundle bundle;
	struct flat flat; /* the plan is at its start */
	struct plan *p;   /* flat.data */
	struct cgroup_record cgroups;
	bool cgroup_made;

	int root_fd;          /* state root */
	int state_fd;         /* state directory of the container, locked */
	struct record record; /* strings are borrowed from the plan, bundle and options */
	struct record_cgroup *record_cgroups; /* the array that record.cgroups points into */
	struct rdt_record rdt;
	struct record_rdt record_rdt;         /* what record.rdt points to */
	struct record_mountns record_mountns; /* the same of record.mountns */
	struct netdevs netdevs;               /* that are moved into the container */
	char created[STAMP_SIZE];

	int sock;          /* to the stub, or of start_connect(); -EBADF before the clone */
	int stub_sock;     /* the stub's end, closed after the clone */
	int start_fd;      /* listening socket of wait_start */
	pid_t pid;         /* the process that is made; 0: none */
	pid_t pid_in_file; /* what we wrote to the pid file; 0: nothing */
	pid_t first;       /* exec: the container's first process */
	int first_fd;      /* its pidfd, borrowed: when it ends, nobody waits for `pid` any more */
	const struct cgroup_record *joined; /* exec: the container's, borrowed */
	int births;                         /* exec: keeps pause away until the process is born */
	int pidfd;
	int console_fd;  /* on which the terminal's other side comes, if not to a socket */
	int handovers;   /* hand-overs of pid to come: the next process comes by message */
	bool has_others; /* there were children before the clone: not ours to wait for */

	bool kept;       /* something could not be undone: the record stays for delete */
	bool stub_waits; /* it sent AT, and has no GO yet */
	int spent_fd;    /* of the stub, to close while it goes on */
	int step;        /* the row being run, for errors */
	int reached;     /* the row that may have been run when it failed */
	int pidfd_sock;  /* exec: gets the pidfd; -EBADF: nobody wants it */
	struct trace_time times[STEPS];
	struct rl_err *e;
};

/* A run of which nothing is made yet: run_done() is safe. */
#define RUN_INIT                                                                                 \
	{                                                                                        \
		.root_fd = -EBADF, .state_fd = -EBADF, .sock = -EBADF, .stub_sock = -EBADF,      \
		.start_fd = -EBADF, .pidfd = -EBADF, .console_fd = -EBADF, .pidfd_sock = -EBADF, \
		.spent_fd = -EBADF, .first_fd = -EBADF, .births = -EBADF, .step = -1,            \
		.netdevs = NETDEVS_INIT,                                                         \
	}

/* Prepare a run that is RUN_INIT: load the bundle, build the plan. run_done() is needed in any
 * case. */
int run_init(struct run *r, const struct container_options *o, struct rl_err *e);
void run_done(struct run *r);

/*
 * Run the rows up to and including `created`. When one fails, what was done is undone, newest
 * first, and the error names the step.
 */
int run_create(struct run *r);

/*
 * Let the program run, and run the rows of HOST after that. The run is one that run_create() made,
 * or has what start needs: e, state_fd, record, pid, step (created) and a plan with the hooks. A
 * failure undoes nothing: destroying the container is the caller's.
 */
int run_start(struct run *r);

/*
 * Start another process in a container that exists: run all rows. The run has a plan of
 * container/exec-plan.c, o, e, and cgroups and rdt of the container. When one fails, no process is
 * left, and the error names the step.
 */
int run_exec(struct run *r);

/*
 * Wait until the stub reaches the row `step` (STEPS: the end); takes in what it says on the way.
 * 0, or a negative errno with r->e filled.
 */
int run_wait_stub(struct run *r, int step);

/* Whether a test build was asked to make the row fail (base/fault.h). */
bool run_is_fault(int step);

/* steps-host.c, clone-host.c: the rows. */
int host_state_create(struct run *r);
void host_state_remove(struct run *r);
int host_cgroup_create(struct run *r);
void host_cgroup_remove(struct run *r);
int host_cgroup_limits(struct run *r);
int host_resctrl_create(struct run *r);
void host_resctrl_remove(struct run *r);
int host_cgroup_find(struct run *r);
int host_resctrl_find(struct run *r);
int host_sources_open(struct run *r);
int host_namespaces_open(struct run *r);
int host_console_open(struct run *r);
int host_listener_open(struct run *r);
int host_clone(struct run *r);
void host_clone_undo(struct run *r);
int host_id_maps(struct run *r);
int host_netdevices_move(struct run *r);
void host_netdevices_back(struct run *r);
int host_prestart(struct run *r);
int host_create_runtime(struct run *r);
int host_cgroup_settle(struct run *r);
int host_limits_process(struct run *r);
int host_scheduling(struct run *r);
int host_pidfd_send(struct run *r);
int host_created(struct run *r);
void host_pid_file_remove(struct run *r);
int host_exec_tell(struct run *r);
int host_poststart(struct run *r);

#endif
