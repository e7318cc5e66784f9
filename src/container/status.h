/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a container: what its record says, against what is true of its process. */
#ifndef RL_CONTAINER_STATUS_H
#define RL_CONTAINER_STATUS_H

#include "container/record.h"

enum status {
#define STATUS(symbol, name) STATUS_##symbol,
#include "container/status.def"
#undef STATUS
};

/* "creating", ... */
const char *status_name(enum status s);

/* Put a status into a record that is to be saved. */
void status_set(struct record *r, enum status s);

/*
 * Open the state directory of a container and lock it, as state_dir_lock(), which waits
 * STATE_DIR_WAIT_MS; who makes the container is not waited for, so that its hooks get an answer. A
 * descriptor or a negative errno with *e filled.
 */
int status_lock(const char *root, const char *id, struct rl_err *e);

/*
 * Find the status. state_fd: the state directory, -EBADF will do if the record says `running`;
 * locked: whether the caller holds its lock. *ret_pidfd (NULL: not wanted) gets a descriptor of the
 * live process, or -EBADF. Returns 0 or a negative errno with *e filled.
 */
int status_find(int state_fd, const struct record_doc *d, bool locked, enum status *ret,
		int *ret_pidfd, struct rl_err *e);

/*
 * The same for who holds the lock and means to start it: *ret_start is what start_send() takes, and
 * the caller's to close.
 */
int status_find_created(int state_fd, const struct record_doc *d, enum status *ret, int *ret_start,
			struct rl_err *e);

/*
 * Whether it has no processes for sure: it has a pid namespace of its own, and the first process of
 * that ended; or it was not finished, and its cgroup is no unfinished one. Who is in its cgroup
 * then is somebody else's. pidfd: what record_pidfd() gave.
 */
bool status_is_over(const struct record *r, const struct cgroup_record *cgroups, int pidfd);

#endif
