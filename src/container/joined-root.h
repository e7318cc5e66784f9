/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a container in a mount namespace that it joins. */
#ifndef RL_CONTAINER_JOINED_ROOT_H
#define RL_CONTAINER_JOINED_ROOT_H

#include "container/plan.h"
#include "container/record.h"

/*
 * Put the mount namespace that the plan joins, if any, into the record, which points into the plan
 * then. Returns 0 or a negative errno.
 */
int joined_root_record(const struct plan *p, struct record *rec);

/*
 * Put the id of the container's root, which is open and not attached yet, into the record. The
 * same.
 */
int joined_root_identify(int root_fd, struct record *rec);

/*
 * Take the container's root out of the namespace again, when its processes are gone: where the
 * namespace is still at its path, and the container's root is what is on top in it. Warns if that
 * fails.
 */
void joined_root_remove(const struct record *rec);

#endif
