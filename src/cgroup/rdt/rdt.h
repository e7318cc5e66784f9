/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.intelRdt: the group of resctrl in which a container has its share of cache and memory
 * bandwidth; its part of the plan, and the functions that make, enter, change and remove it. The
 * first part is freestanding: used by both sides.
 *
 * Source: config-linux.md#intelrdt; the kernel's Documentation/filesystems/resctrl.rst.
 */
#ifndef RL_CGROUP_RDT_H
#define RL_CGROUP_RDT_H

#include "base/flat.h"
#include "os/guest.h"

/* One write(2) to the file schemata. */
FLAT_NO_PADDING
struct rdt_write {
	flat_str text;  /* lines, each with its newline */
	flat_str where; /* linux.intelRdt.schemata */
};
FLAT_NO_PADDING_END

struct rdt_plan {
	flat_str mount;       /* /sys/fs/resctrl; 0: no intelRdt, and resctrl is not touched */
	flat_str group;       /* a directory in it; 0: the root group */
	flat_str dir;         /* its path: /sys/fs/resctrl/gold */
	flat_str where;       /* linux.intelRdt.closID; linux.intelRdt if the name is a default */
	flat_str monitor;     /* a directory in the group's mon_groups; 0: none */
	flat_str monitor_dir; /* its path */
	uint32_t must_exist;  /* the group is only joined */
	struct flat_list writes; /* struct rdt_write; to be found in force in a group that exists */
	/* Filled by the host side when the plan is run: */
	int32_t made, monitor_made;   /* whether we made them; -1: not run */
	int32_t tasks_fd, monitor_fd; /* their files `tasks`, open for writing "0", or -1 */
};

/*
 * Container side: enter the group, then the monitoring group, by writing "0" to the descriptors.
 * Processes that are made later inherit both.
 */
int rdt_enter(struct guest *g, const struct rdt_plan *p);

#if __STDC_HOSTED__
#include "base/report.h"
#include "os/resctrl.h"

#include <stdbool.h>

struct oci_config;

struct rdt_facts {
	const char *id;
	const struct resctrl *resctrl;
};

/*
 * Plan the group. Pure. Without linux.intelRdt the result is all 0. Returns 0 or a negative errno
 * with *e filled.
 *
 * The group is closID, or the container's id; "/" is the root group. With a schema it is made if it
 * does not exist; with closID and no schema it must exist. In a group that exists all schemas must
 * be in force: what it shares with others is not changed.
 */
int rdt_plan(const struct oci_config *c, const struct rdt_facts *facts, struct flat *f,
	     struct rdt_plan *ret, struct rl_err *e);

/* Whether a group may have the name: one component of a path, and not one of resctrl's own. */
bool rdt_is_name(const char *name);

/* Print this part of the plan, as the object "resctrl". */
void rdt_report(struct report *r, const void *base, const struct rdt_plan *p);

/* What is kept in state.json. */
struct rdt_record {
	char *group;   /* path; NULL: none */
	bool own;      /* made for the container: removed with it */
	char *monitor; /* path of the monitoring group, which is its own; NULL: none */
};

/*
 * Tell what of the plan is ours to remove. Before rdt_create() that is what does not exist yet;
 * after it, what it made. Returns 0 or -ENOMEM.
 */
int rdt_record_make(const void *base, const struct rdt_plan *p, struct rdt_record *ret);
void rdt_record_done(struct rdt_record *r);

/*
 * Make the group, or find it and compare; make the monitoring group; fill made and the descriptors.
 * may_make: what the record on disk says: a group that was there when it was written and is gone is
 * an error, for what is made then would be nobody's to remove. After a failure, too, rdt_undo() is
 * the caller's.
 */
int rdt_create(void *base, struct rdt_plan *p, bool may_make, struct rl_err *e);
/* Close the descriptors. */
void rdt_close(struct rdt_plan *p);
/* Close, and remove what rdt_create() made. */
int rdt_undo(const void *base, struct rdt_plan *p, struct rl_err *e);

/*
 * Remove what the record names as ours. A record may be damaged: what is not of resctrl, or is none
 * of its groups, is refused. What is gone already is fine.
 *
 * if_unused: a create was interrupted, and may not have come to its group: one that has processes
 * is another's by now, and stays.
 */
int rdt_remove(const struct rdt_record *r, bool if_unused, struct rl_err *e);

/*
 * Change the shares of a container: l3 and mem_bw as l3CacheSchema and memBwSchema, NULL: not
 * changed. *ret_old, allocated, is for rdt_update_undo(). Only a group that was made for the
 * container is changed. When it fails, the shares are as they were.
 */
int rdt_update(const struct rdt_record *r, const char *l3, const char *mem_bw, char **ret_old,
	       struct rl_err *e);
int rdt_update_undo(const struct rdt_record *r, const char *old, struct rl_err *e);

/*
 * Plan that another process enters the groups that the record names, pure; and open them.
 */
void rdt_join_plan(const struct rdt_record *r, struct flat *f, struct rdt_plan *ret);
int rdt_join_open(const void *base, struct rdt_plan *p, struct rl_err *e);

/* What the hardware counted for the container's processes in one L3 cache. */
struct rdt_counters_domain {
	uint32_t id; /* of the cache */
	bool has_occupancy, has_total, has_local;
	uint64_t occupancy; /* bytes of the cache in use */
	uint64_t total;     /* bytes that went to or came from memory, */
	uint64_t local;     /* and from memory of the cache's own node */
};

struct rdt_counters {
	struct rdt_counters_domain *domains; /* by id */
	size_t n;
};

/*
 * Read the counters of the monitoring group, or of the group if there is none (others may be in it,
 * then). A host that does not count has no domains. 0 or a negative errno with *e filled.
 */
int rdt_counters_read(const struct rdt_record *r, struct rdt_counters *ret, struct rl_err *e);
void rdt_counters_done(struct rdt_counters *s);

#endif
#endif
