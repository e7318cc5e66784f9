/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the files of a container's cgroup for stats-*.c. Inside src/cgroup only.
 *
 * What does not exist counts as empty: a controller that the host does not have, a file of a later
 * kernel, a cgroup that is removed meanwhile. Another failure is kept, and ends all further
 * reading; so the printers need not look at each.
 */
#ifndef RL_CGROUP_STATS_READ_H
#define RL_CGROUP_STATS_READ_H

#include "cgroup/stats/stats.h"

#include <stdint.h>

struct stats_read {
	const struct stats *from;
	struct report *out;
	struct rl_err *e;
	int error; /* the first one */
};

/* The first directory of this version that has the file, or NULL. */
const struct stats_dir *stats_read_find(const struct stats_read *s, bool v2, const char *file);

/* The content of a file, to be freed; NULL: there is none. `d` may be NULL, here and below. */
char *stats_read_text(struct stats_read *s, const struct stats_dir *d, const char *file);

/* The number in a file; "max" is UINT64_MAX; 0 if there is none. */
uint64_t stats_read_number(struct stats_read *s, const struct stats_dir *d, const char *file);

/* The number of a key in a file of lines "key number"; 0 if there is none. */
uint64_t stats_read_value(struct stats_read *s, const struct stats_dir *d, const char *file,
			  const char *key);

/* Print a number, unless it is zero. */
void stats_read_print(struct stats_read *s, const char *member, uint64_t value);

/*
 * The parts, each in stats-<part>.c: they print one member of the statistics. stats_pressure():
 * the member "psi" of that file, if the kernel counts pressure (psi.rst).
 */
void stats_cpu(struct stats_read *s);
void stats_cpuset(struct stats_read *s);
void stats_memory(struct stats_read *s);
void stats_pids(struct stats_read *s);
void stats_blkio(struct stats_read *s);
void stats_hugetlb(struct stats_read *s);
void stats_rdma(struct stats_read *s);
void stats_rdt(struct stats_read *s);
void stats_pressure(struct stats_read *s, const char *file);

#endif
