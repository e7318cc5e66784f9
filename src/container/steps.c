/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a step is needed: questions to the plan only. Freestanding; both sides ask the same, so they
 * agree on where they wait for each other.
 */
#include "container/plan.h"

#include <linux/sched.h>

static bool when_always(const struct plan *p)
{
	(void)p;
	return true;
}

/* Rows for another process in a container that exists. */
static bool when_exec(const struct plan *p)
{
	return p->live.what == LIVE_EXEC;
}

/* Rows that make a container. Others ask what the plan has, which for an exec is less. */
static bool when_made(const struct plan *p)
{
	return !when_exec(p);
}

static bool when_start_comes(const struct plan *p)
{
	return when_made(p) && !p->at_once;
}

static bool when_cgroup(const struct plan *p)
{
	return p->cgroup.path != 0;
}

static bool when_cgroup_made(const struct plan *p)
{
	return when_made(p) && when_cgroup(p);
}

static bool when_cgroup_found(const struct plan *p)
{
	return when_exec(p) && when_cgroup(p);
}

static bool when_resctrl(const struct plan *p)
{
	return p->rdt.mount != 0;
}

static bool when_resctrl_made(const struct plan *p)
{
	return when_made(p) && when_resctrl(p);
}

static bool when_resctrl_found(const struct plan *p)
{
	return when_exec(p) && when_resctrl(p);
}

static bool when_joins(const struct plan *p)
{
	return p->ns.joins.n > 0;
}

static bool when_bridge(const struct plan *p)
{
	return p->ns.bridge;
}

static bool when_pid_joined(const struct plan *p)
{
	if (when_exec(p))
		return p->live.join & CLONE_NEWPID;
	FLAT_EACH(p, p->ns.joins, const struct namespace_join, j)
		if (j->flag == CLONE_NEWPID)
			return true;
	return false;
}

static bool when_userns_made(const struct plan *p)
{
	return p->ns.make & CLONE_NEWUSER;
}

static bool when_cgroupns_made(const struct plan *p)
{
	return p->ns.make & CLONE_NEWCGROUP;
}

static bool when_keyring(const struct plan *p)
{
	return p->new_keyring;
}

static bool when_netns_made(const struct plan *p)
{
	return p->ns.make & CLONE_NEWNET;
}

static bool when_uts_names(const struct plan *p)
{
	return p->ns.hostname || p->ns.domainname;
}

static bool when_mountns_made(const struct plan *p)
{
	return p->ns.make & CLONE_NEWNS;
}

static bool when_mountns(const struct plan *p)
{
	return p->root.path != 0;
}

static bool when_sysctl(const struct plan *p)
{
	return p->ns.sysctls.n > 0;
}

static bool when_netdevs(const struct plan *p)
{
	return p->ns.netdevs.n > 0;
}

static bool when_terminal(const struct plan *p)
{
	return p->console.wanted;
}

static bool when_masks(const struct plan *p)
{
	return p->root.masked.n || p->root.readonly_paths.n;
}

/* With exec in any case: in this turn HOST takes over who has entered the pid namespace. */
static bool when_labels(const struct plan *p)
{
	return p->security.label.apparmor || p->security.label.selinux;
}

static bool when_limits_process(const struct plan *p)
{
	return when_exec(p) || p->process.rlimits.n || p->process.has_oom_score_adj;
}

static bool when_scheduling(const struct plan *p)
{
	return p->process.scheduling.policy || p->process.scheduling.io_class ||
	       p->process.scheduling.cpus_after;
}

static bool when_pidfd_sockets(const struct plan *p)
{
	return p->pidfd_sockets.n;
}

static bool when_rlimits(const struct plan *p)
{
	return p->process.rlimits.n;
}

static bool when_personality(const struct plan *p)
{
	return p->process.domain;
}

static bool when_memory_policy(const struct plan *p)
{
	return p->process.memory.mode;
}

static bool when_nnp(const struct plan *p)
{
	return p->security.no_new_privs;
}

static bool when_landlock(const struct plan *p)
{
	return p->security.landlock.paths || p->security.landlock.ports;
}

static bool when_filter(const struct plan *p)
{
	return p->security.filter.program.len > 0;
}

static bool when_listener(const struct plan *p)
{
	return p->listener.path != 0;
}

static bool when_prestart(const struct plan *p)
{
	return p->hooks[HOOK_PRESTART].n > 0;
}

static bool when_create_runtime(const struct plan *p)
{
	return p->hooks[HOOK_CREATE_RUNTIME].n > 0;
}

static bool when_create_container(const struct plan *p)
{
	return p->hooks[HOOK_CREATE_CONTAINER].n > 0;
}

static bool when_start_container(const struct plan *p)
{
	return p->hooks[HOOK_START_CONTAINER].n > 0;
}

static bool when_poststart(const struct plan *p)
{
	return p->hooks[HOOK_POSTSTART].n > 0;
}

bool steps_needed(const struct plan *p, enum step_id step)
{
	switch (step) {
#define STEP(name, stage, when, run, undo, clause, sentence) \
	case STEP_##name:                                    \
		return when(p);
#include "container/steps.def"
#undef STEP
	case STEPS:
		break;
	}
	return false;
}

enum step_stage steps_stage(enum step_id step)
{
	static const unsigned char stages[] = {
#define STEP(name, stage, when, run, undo, clause, sentence) STEP_STAGE_##stage,
#include "container/steps.def"
#undef STEP
	};

	return step < STEPS ? (enum step_stage)stages[step] : STEP_STAGE_HOST;
}
