/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a container: what its record says, against what is true of its process. */
#ifndef RL_CONTAINER_STATUS_H
#define RL_CONTAINER_STATUS_H

#include "container/record.h"

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };

/* "creating", ...: the spec's words (runtime.md#state), and runc's "paused". */
const char *status_name(enum status s);

/*
 * Find the status. state_fd: the state directory; locked: whether the caller holds its lock.
 * *ret_pidfd (NULL: not wanted) gets a descriptor of the live process, or -EBADF. Returns 0 or a
 * negative errno.
 */
int status_find(int state_fd, const struct record_doc *d, bool locked, enum status *ret,
		int *ret_pidfd);

#endif
