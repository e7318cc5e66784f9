/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New device rules for a container that exists. Inside src/cgroup only.
 *
 * What is allowed before and after is allowed all the time. v2: one program takes the place of the
 * other. v1: what is new is allowed, then what is no longer there is denied; but where all was
 * allowed before, or is after, the kernel can only begin anew, and for a moment denies all (before:
 * all) or allows all (after: all).
 *
 * Nobody loses what he has open. In v1, cgroups that were made inside the container are denied what
 * it loses, but not allowed what it gains; with such in it, it cannot begin anew.
 */
#ifndef RL_CGROUP_DEVICE_UPDATE_H
#define RL_CGROUP_DEVICE_UPDATE_H

#include "base/err.h"
#include "cgroup/devices/device-rules.h"

/* Device rules in the form of v1; see device_list_make(). */
struct device_list {
	bool allow_all;
	struct device_rules exceptions;
};

struct device_update {
	char *cgroup; /* owned: its directory */
	bool v2;
	struct bpf_insn *insns; /* v2, owned: what is to be in force */
	size_t n_insns;
	struct device_list want; /* v1: what is to be in force */
	struct device_list had;  /* v1: what was; before device_update_apply(): by configuration */
	int old_filter;          /* v2: what was, or -EBADF; by device_update_apply() */
	bool applied;
};

#define DEVICE_UPDATE_INIT                        \
	{                                         \
		.old_filter = -EBADF, .v2 = false \
	}

/*
 * Plan it. `stored` is the configuration of the container (its nodes and defaults stay allowed),
 * `resources` has the new rules, at least one; `cgroup` is the container's directory in the
 * hierarchy that rules devices: the devices controller of v1, or else v2. Pure. *ret must be
 * DEVICE_UPDATE_INIT; device_update_done() in any case. Returns 0 or a negative errno with *e
 * filled.
 */
int device_update_plan(const struct oci_config *stored, const struct oci_resources *resources,
		       const char *cgroup, bool v2, struct device_update *ret, struct rl_err *e);

/* Put it in force. When that fails, the old rules are in force. */
int device_update_apply(struct device_update *u, struct rl_err *e);

/* Put the old rules in force again, because something else could not be updated; nothing if
 * device_update_apply() did not succeed. */
int device_update_undo(struct device_update *u, struct rl_err *e);

void device_update_done(struct device_update *u);

#endif
