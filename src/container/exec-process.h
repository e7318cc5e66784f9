/* SPDX-License-Identifier: Apache-2.0 */
/* The process that exec runs: a `process` of a configuration, and what its options change. */
#ifndef RL_CONTAINER_EXEC_PROCESS_H
#define RL_CONTAINER_EXEC_PROCESS_H

#include "container/container.h"
#include "libocispec/ocispec.h"

/* It borrows from what it was made of. */
struct exec_process {
	struct oci_process process;
	struct oci_user user;
	struct oci_capabilities capabilities;
	/* Owned: the lists to which something was added. */
	char **env, **bounding, **effective, **permitted;
	uint32_t *gids;
};

/*
 * Make it from the document's process or the container's; `first` is the container's own. Pure.
 * What the options are given twice, in x->process and beside it, is refused where it cannot be
 * joined: arguments. Returns 0 or a negative errno with *e filled; exec_process_done() in any case.
 */
int exec_process_make(const struct container_exec *x, const struct oci_process *from,
		      const struct oci_process *first, struct exec_process *ret, struct rl_err *e);
void exec_process_done(struct exec_process *p);

#endif
