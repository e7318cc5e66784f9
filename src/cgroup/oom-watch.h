/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells when the OOM killer ends a process of a container.
 *
 * The truth is the counter "oom_kill": of memory.events (v2), or of memory.oom_control (v1) of the
 * cgroup and all below it. What is polled only says when to look: on v2 the kernel counts and then
 * tells; on v1 it tells first, for whatever is out of memory, and kills and counts a little later.
 */
#ifndef RL_CGROUP_OOM_WATCH_H
#define RL_CGROUP_OOM_WATCH_H

#include "cgroup/stats/stats.h"

#include <stdbool.h>
#include <stdint.h>

struct oom_watch {
	int fd;       /* to poll for `events`; -1: nothing to wait for */
	short events; /* POLLIN or POLLPRI */
	int wait_ms;  /* after which to look, whatever poll(2) says; -1: no need */
	/* Its own: */
	const struct stats_dir *dir; /* NULL: no memory controller, or gone */
	uint64_t told;               /* how often memory had run out */
	uint64_t kills;
	bool unsettled; /* it ran out a moment ago, and nobody was killed yet */
};

/*
 * Watch one of these directories, which must stay open as long. A container without the memory
 * controller, or whose kernel does not tell, is watched by what is counted: with a warning.
 * oom_watch_close() is needed in any case.
 */
int oom_watch_open(const struct stats *s, struct oom_watch *ret, struct rl_err *e);
void oom_watch_close(struct oom_watch *w);

/* Look. True if processes were killed since the last time. */
bool oom_watch_look(struct oom_watch *w);

/*
 * Look for the last time, when the container has ended. A cgroup that is removed by now cannot be
 * asked: then `noted` counts, which is oom_watch_count() at its end or 0, and if memory had just
 * run out, that was the end.
 */
bool oom_watch_look_last(struct oom_watch *w, uint64_t noted);

/* How many processes of a container were killed until now; 0 if that cannot be told. */
uint64_t oom_watch_count(const struct cgroup_record *r);

#endif
