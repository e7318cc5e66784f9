/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: all that will be done, resolved to numbers, in one flat piece of memory. Freestanding:
 * the host side builds it and fills in descriptors, the stub maps it read-only.
 */
#ifndef RL_CONTAINER_PLAN_H
#define RL_CONTAINER_PLAN_H

#include "base/flat.h"
#include "cgroup/cgroup.h"
#include "cgroup/rdt/rdt.h"
#include "process/process.h"
#include "rootfs/rootfs.h"
#include "security/security.h"

#include <stdbool.h>

#define PLAN_MAGIC 0x316c646eu /* changes with the layout: stub and rundlet are one build */

/* The kinds of hooks, in the order of the life cycle. */
enum hook_kind {
#define HOOK(symbol, member, name, status) HOOK_##symbol,
#include "spec/hooks.def"
#undef HOOK
	HOOK_KINDS
};

FLAT_NO_PADDING
struct hook_plan {
	flat_str where; /* "hooks.createRuntime[0]" */
	flat_str path;
	struct flat_list args; /* flat_str; the path if the configuration gives none */
	struct flat_list env;  /* flat_str */
	int32_t timeout;       /* seconds; 0: none */
};
FLAT_NO_PADDING_END

/* A socket that gets a pidfd of the process. */
struct pidfd_socket {
	flat_str where; /* the annotation that names it; 0: an option */
	flat_str path;
};

/* Who gets the listener of the seccomp filter; see listener.h. */
struct listener_plan {
	flat_str where; /* the member that names the socket */
	flat_str path;  /* 0: the filter has no listener */
	/* The text to it; between the first two stands the process, then the container's one. */
	flat_str head, middle, tail;
	uint32_t first;  /* the container's process; 0: it is this one */
	int32_t sock_fd; /* filled when the plan is run */
};

enum live_what {
	LIVE_NONE, /* a container is made: the rows of steps.def */
	LIVE_ADD,  /* mounts are added to one that exists */
	LIVE_REMOVE,
	LIVE_EXEC, /* another process is started in it: the rows that are for that */
};

/* What the stub does in a container that exists; see live-guest.c. */
struct live_plan {
	uint32_t what; /* enum live_what */
	uint32_t
		join; /* CLONE_NEW...: the namespaces of the container's process that are entered */
	/* The numbers of its mount namespace and of the user namespace which that belongs to. */
	uint64_t mount_number;
	uint64_t user_number;
	/* filled when the plan is run */
	int32_t pidfd;   /* of its process */
	int32_t root_fd; /* its root, where that is not the one of its mount namespace; or -EBADF */
};

struct plan {
	uint32_t magic;
	uint32_t size; /* bytes of the whole plan */
	flat_str id;
	uint32_t new_keyring;  /* the payload gets a session keyring of its own */
	uint32_t notify;       /* it has a directory for the notify socket: see notify.h */
	uint32_t userns_added; /* the configuration has no user namespace, the container has one */
	flat_str bundle;       /* absolute path */
	struct namespaces_plan ns;
	struct rootfs_plan root;
	struct cgroup_plan cgroup;
	struct rdt_plan rdt;
	struct security_plan security;
	struct process_plan process;
	struct flat_list hooks[HOOK_KINDS]; /* struct hook_plan */
	/* Files that the output of hooks is appended to, of the caller's; 0: it is kept for errors.
	 */
	flat_str hook_out, hook_err;
	struct flat_list pidfd_sockets; /* struct pidfd_socket */
	/* The state that hooks of the container namespace read, with room for the pid between. */
	flat_str hook_state_head; /* `{"ociVersion":...,"status":"` */
	flat_str hook_state_tail; /* `,"bundle":...}` */
	flat_str hook_dir;        /* the working directory of those of the runtime namespace */
	struct listener_plan listener;
	struct live_plan live;
	struct console_plan console;

	/* Filled by the host side before the plan is sealed. */
	int32_t hook_out_fd; /* hook_out and hook_err, for hooks of the stub */
	int32_t hook_err_fd;
	int32_t sock_fd;      /* to the host side; see message.h */
	int32_t start_fd;     /* listening socket on which start comes */
	uint32_t at_once;     /* run: no start comes, the program is executed when HOST says GO */
	uint32_t trace;       /* report the time of each step */
	uint32_t fault_guest; /* fault.h: guest:N */
	uint32_t fault_deny;  /* FAULT_DENY_...; fault.h: deny:NAME */
	uint32_t fault_weak;  /* rows of weak.def; fault.h: weak:NAME */
	int32_t fault_step;   /* row that must fail, or -1 */
};

/* The rows of steps.def. */
enum step_id {
#define STEP(name, stage, when, run, undo, clause, sentence) STEP_##name,
#include "container/steps.def"
#undef STEP
	STEPS
};

enum step_stage { STEP_STAGE_HOST, STEP_STAGE_BRIDGE, STEP_STAGE_GUEST };

/* Whether this plan needs the row; asks the plan only. */
bool steps_needed(const struct plan *p, enum step_id step);

/* Where the row runs. */
enum step_stage steps_stage(enum step_id step);

#endif
