/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container uses: read from the files of its cgroup, printed as runc prints it for `events`.
 *
 * The directories are opened once, with the checks for a record (cgroup.h): what is read later is
 * of this container, also when another one has taken its path.
 */
#ifndef RL_CGROUP_STATS_H
#define RL_CGROUP_STATS_H

#include "base/err.h"
#include "base/report.h"
#include "cgroup/cgroup.h"
#include "cgroup/rdt/rdt.h"

#include <stdbool.h>
#include <stddef.h>

struct stats_dir {
	int fd;
	bool v2;
	const char *path; /* borrowed from the record; for messages */
};

struct stats {
	struct stats_dir *dirs; /* owned, and their descriptors */
	size_t n;
	const struct rdt_record *rdt; /* borrowed */
};

/*
 * Open the directories of a record that exist; rdt: the container's group of resctrl, or NULL. Both
 * records must live as long as *ret, which is closed by stats_close() in any case. Returns 0,
 * -ENOENT if none exists, or another negative errno, with *e filled.
 */
int stats_open(const struct cgroup_record *r, const struct rdt_record *rdt, struct stats *ret,
	       struct rl_err *e);
void stats_close(struct stats *s);

/*
 * Print all that is known, as members of the object that is open: cpu, cpuset, memory, pids, blkio,
 * hugetlb, rdma (only where there is some), intel_rdt, network_interfaces. Names, units and what is
 * left out are those of runc: a value of zero is left out, but for limits, failure counts and those
 * of cpuset. A file that does not exist counts as zero. Returns 0 or a negative errno with *e
 * filled.
 */
int stats_print(const struct stats *s, struct report *out, struct rl_err *e);

#endif
