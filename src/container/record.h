/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.json: what rundlet knows of a container between two commands. It names all that exists
 * outside the container before any of it is made, so that `delete` is this record read backwards.
 */
#ifndef RL_CONTAINER_RECORD_H
#define RL_CONTAINER_RECORD_H

#include "base/err.h"
#include "cgroup/cgroup.h"
#include "cgroup/rdt/rdt.h"
#include "libocispec/ocispec.h"

#define RECORD_FORMAT 1 /* of state.json; a reader refuses others */

#define OCI_SCHEMA "container/record.def"
#include "libocispec/schema-structs.h"

/* A record as it was read; everything in it lives in doc. */
struct record_doc {
	struct oci_doc doc;
	struct record *record;
	/* Those that are the container's to signal and remove. Points into doc; the array itself is
	 * owned. */
	struct cgroup_record cgroups;
	struct rdt_record rdt; /* points into doc */
};

/*
 * Read dirfd/state.json. Returns 0, -ENOENT (none), or a negative errno with *e filled;
 * record_done() is needed in any case.
 */
int record_load(int dirfd, struct record_doc *ret, struct rl_err *e);

/*
 * The same for the container `id` below an open state root, without its state directory: if that
 * fails, whoever opens it hears why. 0 or a negative errno.
 */
int record_load_below(int root_fd, const char *id, struct record_doc *ret);

/*
 * The same for a container that must have one: without it, -ENODATA with *e filled. state_fd: the
 * state directory, or the negative errno of opening it, which is returned.
 */
int record_need(int state_fd, const char *id, struct record_doc *ret, struct rl_err *e);
void record_done(struct record_doc *d);

/*
 * What is left of a record that record_load() refuses, for who removes the container: members that
 * are not there are 0, NULL or empty, and it has a status. Without any the record is of nothing.
 */
int record_salvage(int dirfd, struct record_doc *ret, struct rl_err *e);

/* A pidfd of the container's process; -ESRCH: there is none, or it has ended. */
int record_pidfd(const struct record *r);

/* The same of the rundlet that makes it. */
int record_creator_pidfd(const struct record *r);

/* Whether it says `running`. */
bool record_is_running(const struct record *r);

/* Whether it was written by a create that had not come to its end. */
bool record_is_creating(const struct record *r);

/* The word of state.json for it; NULL: none. */
char *record_freezer_name(enum cgroup_freezer freezer);

/* What the record says of resctrl, as its room wants it; the strings stay the record's. */
struct rdt_record record_rdt_of(const struct record *r);

/* Write dirfd/state.json, by rename. */
int record_save(int dirfd, const struct record *r, struct rl_err *e);

#endif
