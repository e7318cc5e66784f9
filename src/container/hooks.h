/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks on the host's side: planning them, and running those of the runtime namespace. */
#ifndef RL_CONTAINER_HOOKS_H
#define RL_CONTAINER_HOOKS_H

#include "container/plan.h"
#include "container/record.h"
#include "libocispec/ocispec.h"

/* Plan all kinds. Pure. 0 or a negative errno; *e may be empty then. */
int hooks_plan(const struct oci_config *c, const char *bundle, const char *id, struct flat *f,
	       struct plan *p, struct rl_err *e);

/* Open the files for the output of hooks that the stub runs, if it runs some. */
int hooks_output_open(struct plan *p, struct rl_err *e);
void hooks_output_close(struct plan *p);

/*
 * Run the hooks of a kind, in order, with the state on standard input; pid: the container's process
 * as we see it, 0 when it is gone; container: a pidfd of it, if its end is the end of the hook,
 * which fails then, or negative; state_fd: the state directory: none runs when that is removed.
 * Stops at the first failure: a negative errno with *e filled.
 */
int hooks_host_run(const struct plan *p, enum hook_kind kind, pid_t pid, int container,
		   int state_fd, struct rl_err *e);

/*
 * Run the poststop hooks: all of them, a failure is only a warning (runtime.md#lifecycle, step 13).
 */
void hooks_host_poststop(const struct plan *p);

/*
 * The hooks of the configuration kept in the state directory, as a plan that has nothing else.
 * flat_done() *ret in any case. Returns 0 or a negative errno with *e filled.
 */
int hooks_load(int state_fd, const struct record *rec, struct flat *ret, struct rl_err *e);

#endif
