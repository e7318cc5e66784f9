/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state root and the directory of one container in it: <root>/<id>/ with state.json,
 * config.json as it was at create, and after create the socket `start`. A lock on the directory
 * serialises operations.
 */
#ifndef RL_CONTAINER_STATE_DIR_H
#define RL_CONTAINER_STATE_DIR_H

#include "base/err.h"

#include <stdbool.h>

/* Open the state root, made with mode 0700 if `create`. Returns a descriptor. -ENOENT: there is
 * none. */
int state_dir_root(const char *root, bool create, struct rl_err *e);

/* Make the directory of a new container and lock it. Refuses an id that exists. Returns a
 * descriptor. */
int state_dir_create(int root_fd, const char *id, struct rl_err *e);

/* Open an existing one; -ENOENT with the words that engines match if there is none. */
int state_dir_open(const char *root, const char *id, struct rl_err *e);

/* The same below an open state root, for an id that id_check() takes. */
int state_dir_open_at(int root_fd, const char *id, struct rl_err *e);

/*
 * Open a file in it to read, and not the directory, which takes less. A descriptor or a negative
 * errno: state_dir_open_at() says why.
 */
int state_dir_open_file(int root_fd, const char *id, const char *file);

/* How long a command waits for another one on the same container, in milliseconds. Not without end:
 * that one may wait for a hook which has called this one. */
#define STATE_DIR_WAIT_MS 5000

/*
 * Lock an open one: wait for other commands on the same container for at most `ms` milliseconds.
 * -EBUSY: another command still has it; -ENOENT: it was removed meanwhile.
 */
int state_dir_lock(int fd, const char *id, int ms, struct rl_err *e);

/* Whether a command holds the lock now. Not for the descriptor that holds it. */
bool state_dir_is_locked(int fd);

/*
 * A lock of its own, between exec, which shares it while its process is born in the container's
 * cgroup, and pause, which waits at most `ms` milliseconds for those. A descriptor that keeps it,
 * or -EBUSY: the other has it. Nobody else waits for it: who freezes the cgroup by himself may
 * freeze a birth.
 */
int state_dir_share_births(int fd);
int state_dir_bar_births(int fd, int ms);

/* Whether what is written there may be read after the next boot. */
bool state_dir_is_lasting(int fd);

/* Whether it has no name any more. */
bool state_dir_is_removed(int fd);

/* Let others have it. The descriptor stays. */
void state_dir_unlock(int fd);

/* Take the lock of an open one; waits at most `ms` milliseconds. Whether it was got. */
bool state_dir_lock_again(int fd, int ms);

/*
 * Remove the directory `id` below root_fd, which is open as `fd` and locked, with the files that
 * rundlet puts there. One that has that name by now, but is another, stays.
 */
int state_dir_remove(int root_fd, const char *id, int fd, struct rl_err *e);

#endif
