/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a container in a mount namespace that it joins. */
#ifndef RL_CONTAINER_JOINED_ROOT_H
#define RL_CONTAINER_JOINED_ROOT_H

#include "container/plan.h"
#include "container/record.h"

/*
 * Put the mount namespace that the plan joins, if any, into the record, by `own`, which points into
 * the plan then. Returns 0 or a negative errno.
 */
int joined_root_record(const struct plan *p, struct record_mountns *own, struct record *rec);

/*
 * Whether the namespace that is open to be joined is the one that the record has. 0 or a negative
 * errno with *e filled.
 */
int joined_root_check(const struct plan *p, const struct record *rec, struct rl_err *e);

/*
 * Whether no other container below the state root has its root there, above it, or below it: one
 * would get into the other's way. The same. The record is on disk by then: of two that come at the
 * same time, one at least sees the other.
 */
int joined_root_alone(const char *root, int root_fd, const struct record *rec, struct rl_err *e);

/*
 * Put the mount that is the container's root, open and not attached yet, into the record, if that
 * has a mount namespace. Returns 0 or a negative errno.
 */
int joined_root_identify(int root_fd, struct record *rec);

/*
 * Open the root of the container's process; its namespace has another one. Returns a descriptor, or
 * a negative errno; -EXDEV: the process has another root than the one that was made for it.
 */
int joined_root_open(const struct record *rec);

/*
 * Take the container's root out of the namespace again, when its processes are gone. Warns when it
 * stays. A namespace that is not at its path any more, and has no processes, counts as gone.
 */
void joined_root_remove(const struct record *rec);

#endif
