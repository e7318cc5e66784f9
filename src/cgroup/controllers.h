/* SPDX-License-Identifier: Apache-2.0 */
/* Which controllers of v2 a cgroup passes on to those below it. Inside src/cgroup only. */
#ifndef RL_CGROUP_CONTROLLERS_H
#define RL_CGROUP_CONTROLLERS_H

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>

/* Whether a list of the kernel, "cpu memory\n", has the controller of the word "+memory". */
bool controllers_have(const char *list, struct span word);

/* What all directories above a container's are to pass on. */
struct controllers {
	int mount_fd; /* of the hierarchy, O_PATH */
	const char *mount;
	const char *needed; /* "+memory +pids": the limits are refused without them; may be NULL */
	const char *wanted; /* the others of this host, as far as it can be; may be NULL */
	const char *where;  /* key in config.json for errors; may be NULL */
	bool last;          /* do not return -ENOENT for what another attempt may find in order */
};

/*
 * Let a directory pass them on; "" is the mount, else "/a/b". What it passes on already stays, and
 * where nothing is missing nothing is written. Returns 0; -ENOENT, with *e left alone: it is gone,
 * or another one was made in its place, so begin again at the mount; or another negative errno with
 * *e filled.
 */
int controllers_pass_on(const struct controllers *c, const char *dir, struct rl_err *e);

/* Let a directory that nobody uses pass on nothing: else it could not have processes. Best effort.
 */
void controllers_pass_none(int mount_fd, const char *dir);

#endif
