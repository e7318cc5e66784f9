/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note that `delete` leaves for `events`: how many processes the OOM killer ended in all.
 *
 * A container that is killed for its memory may be deleted, with the counters of its cgroup, before
 * an `events` that watches it comes to look. So that asks for a note by making an empty file in the
 * state directory and keeping it open; `delete` writes to it before it removes the cgroup.
 */
#ifndef RL_CONTAINER_OOM_NOTE_H
#define RL_CONTAINER_OOM_NOTE_H

#include "cgroup/cgroup.h"

#include <stdint.h>

#define OOM_NOTE_NAME "oom" /* in the state directory */

/* events: ask for it. Returns a descriptor or a negative errno. */
int oom_note_ask(int state_fd);

/* delete: write it, if it was asked for. */
void oom_note_write(int state_fd, const struct cgroup_record *r);

/* events: what it says; 0 if it says nothing. fd may be negative. */
uint64_t oom_note_read(int fd);

#endif
