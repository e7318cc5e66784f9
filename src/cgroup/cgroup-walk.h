/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of cgroups below a container's directory. Inside src/cgroup only.
 *
 * What is in it was made by what ran in the container: of any number, depth and name. So it is
 * walked with a bounded number of descriptors and without paths.
 */
#ifndef RL_CGROUP_CGROUP_WALK_H
#define RL_CGROUP_CGROUP_WALK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct cgroup_record_dir;

/*
 * Open a directory of a record. The record comes from state.json and may say anything: the path
 * must be absolute, without ".." and not above its `stop`, a cgroup, and not the root of its
 * hierarchy. Returns a descriptor, -ENOENT if it is gone (*e is left alone), or another negative
 * errno with *e filled.
 */
int cgroup_walk_open(const struct cgroup_record_dir *d, struct rl_err *e);

struct cgroup_walk {
	/* Called for the outermost directory and all below it, before those that are in it. A
	 * result above 0 ends the walk. May be NULL. */
	int (*enter)(int fd, void *arg);
	/* Called for all below the outermost, after those that are in it. May be NULL. */
	int (*leave)(int above_fd, const char *name, void *arg);
	void *arg;
	int64_t deadline; /* of clock_ms(): who makes cgroups all the time is not followed */
};

/*
 * Walk, depth first. An error in one directory, the functions' too, does not stop it. Returns the
 * result above 0 that ended it, the first error, -ETIME at the deadline, or 0. What is gone already
 * is no error. Other file systems that are mounted in it are not entered: -EXDEV.
 */
int cgroup_walk(int top_fd, const struct cgroup_walk *w);

/* Whether a record's entry can be one: an absolute path without "..", of which `stop` is the start.
 */
bool cgroup_walk_is_sane(const struct cgroup_record_dir *d);

/* Whether the errno value says that the cgroup does not exist any more. */
bool cgroup_walk_is_gone(int r);

/*
 * Whether the cgroup has this file of the kernel's. What has the name may be a cgroup that the
 * payload made: a directory.
 */
bool cgroup_walk_has_file(int fd, const char *file);

/* Whether there is a process in the directory or below it. What cannot be read has none. */
bool cgroup_walk_finds_process(int top_fd);

#endif
