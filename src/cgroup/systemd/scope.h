/* SPDX-License-Identifier: Apache-2.0 */
/* The scope unit of a container, made and removed by systemd. Inside src/cgroup only. */
#ifndef RL_CGROUP_SCOPE_H
#define RL_CGROUP_SCOPE_H

#include "base/err.h"
#include "cgroup/cgroup.h"

#define SCOPE_SYSTEM_BUS     "unix:path=/run/dbus/system_bus_socket"
#define SCOPE_PRIVATE        "/systemd/private" /* below the directory of run-time files */
#define SCOPE_SYSTEM_PRIVATE "unix:path=/run" SCOPE_PRIVATE

/*
 * Start the planned unit and wait for it. A child of ours that does nothing is its first process:
 * it keeps the unit until scope_close(), when the container's process is in it. The unit's cgroup
 * is checked to be the planned one. When it fails, the unit is gone again.
 */
int scope_start(const void *base, struct cgroup_plan *p, struct rl_err *e);
void scope_close(struct cgroup_plan *p);

/* Stop a unit that was started by scope_start(). */
void scope_abandon(const void *base, struct cgroup_plan *p);

/*
 * Tell systemd what changed, when the limits of a plan for an update are written: it would undo
 * them else. Nothing for a container without a unit. When it fails, systemd has changed nothing.
 */
int scope_update(const void *base, const struct cgroup_plan *p, const struct cgroup_now *now,
		 const struct cgroup_record *r, struct rl_err *e);

/* Stop the unit of a container without processes. What fails is a warning: its cgroup can be
 * removed all the same. */
void scope_remove(const struct cgroup_record *r);

#endif
