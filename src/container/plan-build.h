/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a plan from a configuration, options and facts about the host; prints it. */
#ifndef RL_CONTAINER_PLAN_BUILD_H
#define RL_CONTAINER_PLAN_BUILD_H

#include "base/report.h"
#include "container/container.h"
#include "container/plan.h"
#include "os/cgroupfs.h"
#include "os/resctrl.h"

struct oci_config;
struct oci_process;

/* What the planners must know of this host. Probed by facts_probe(); tests give their own. */
struct facts {
	struct resctrl resctrl; /* looked for only if the configuration asks for it */
	struct security_facts security;
	uint64_t default_signals; /* which the caller does not ignore: bit number - 1 */
	bool unprivileged;        /* not root of the initial user namespace */
	bool needs_no_cgroup;     /* may make none, and goes on without if none is named */
	uint32_t open_in;         /* see struct rootfs_facts */
	struct idmap_facts ids;
	struct cgroup_systemd systemd; /* if that is the manager */
	struct cgroupfs cgroupfs;      /* the last: see facts_probe() */
};

/* cgroups: whether those of the host are wanted. */
int facts_probe(const struct oci_config *c, const struct container_options *o, bool cgroups,
		struct facts *ret, struct rl_err *e);

/* Part of it: what security modules do here, if a process (or, mounts: a mount) asks them for
 * something. */
void facts_probe_labels(const struct oci_process *proc, bool mounts, struct security_facts *ret);

/* Part of it: what the caller may do. ret->cgroupfs is filled already. */
void caller_probe(const struct oci_config *c, enum container_rootless rootless, struct facts *ret);
/* Whether the descriptors from 3 on, which are to be passed on, are open: those that the caller
 * announces by LISTEN_FDS, then those of --preserve-fds. */
int caller_check_fds(unsigned int listen, unsigned int preserve, struct rl_err *e);
/* Part of that: see struct rootfs_facts. */
uint32_t caller_open_in(void);

/*
 * Refuse what a process of SCHED_DEADLINE would have to start. Pure; the parts of the process are
 * planned.
 */
int plan_check_children(const struct plan *p, struct rl_err *e);

/*
 * Build the plan. Pure: changes nothing, needs no privilege. bundle: absolute path.
 * *ret is initialised by this function and holds the plan at its start; flat_done() it in any case.
 * Returns 0 or a negative errno with *e filled.
 */
int plan_build(const struct oci_config *c, const char *bundle, const struct container_options *o,
	       const struct facts *facts, struct flat *ret, struct rl_err *e);

/* Print the whole plan: what `rundlet plan` shows and the golden tests compare. */
void plan_report(const struct plan *p, FILE *out, enum report_format format);

#endif
