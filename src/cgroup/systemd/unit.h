/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scope unit that the systemd manager makes for a container: its name, its place and its
 * properties. Inside src/cgroup only. All but scope-host.c is pure.
 */
#ifndef RL_CGROUP_UNIT_H
#define RL_CGROUP_UNIT_H

#include "base/err.h"
#include "base/flat.h"
#include "cgroup/cgroup.h"
#include "os/systemd-bus.h"

#include <stdbool.h>
#include <stddef.h>

struct cgroup_now;
struct oci_config;

#define UNIT_NAME_LIMIT 255 /* bytes of a unit's name: systemd.unit(5) */

/*
 * The cgroup of a slice: "/a.slice/a-b.slice" of "a-b.slice", "" of "-.slice" (systemd.slice(5)).
 * Returns its length, or -EINVAL for a name that is none of a slice, -ENAMETOOLONG.
 */
int unit_slice_path(const char *slice, char *buf, size_t size);

/*
 * The cgroup of a unit in its slice is its name, with '_' before it where the kernel has a use for
 * such a name. buf has UNIT_NAME_LIMIT + 2 bytes.
 */
void unit_cgroup_name(const char *unit, char *buf);

/* unit-plan.c: name, slice and path of the unit. */
int unit_plan(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
	      struct cgroup_plan *p, struct rl_err *e);

/* Properties while they are put together. All strings are owned. */
struct unit_list {
	struct systemd_property *v;
	size_t n, cap;
};

void unit_list_done(struct unit_list *l);

/* Add a property, in place of one of the same name. *p is copied. Returns 0 or -ENOMEM. */
int unit_list_put(struct unit_list *l, const struct systemd_property *p);

/* The property of this name, or NULL. */
const struct systemd_property *unit_list_find(const struct unit_list *l, const char *name);

/*
 * unit-limits-plan.c: what systemd must know of the limits, so that it does not undo them when it
 * writes the files anew: the writes of a plan, of which unit-limits.def knows the files. base and p
 * are a plan for a new cgroup (now: NULL), or an update of what is in force now. 0 or -ENOMEM.
 */
int unit_limits_make(const void *base, const struct cgroup_plan *p, const struct cgroup_now *now,
		     struct unit_list *l);

/*
 * unit-devices-plan.c: the plan's device rules ("allow c 1:3 rwm") as properties. systemd has only
 * a list of what is allowed, so denials are left out: our own filter stands beside it. In version 1
 * it has the same files as we, so what it cannot express is refused there. 0 or a negative errno
 * with *e filled.
 */
int unit_devices_make(const void *base, const struct cgroup_plan *p, struct unit_list *l,
		      struct rl_err *e);

/* unit-annotations-plan.c: the annotations org.systemd.property.NAME. */
int unit_annotations_make(const struct oci_config *c, struct unit_list *l, struct rl_err *e);

/*
 * Read a value in the text format of GVariant: true, 'text', ['a', 'b'], 5 (an int32), uint64 5.
 * Fills kind, number, data (allocated) and size of *ret. Returns 0, -ENOMEM, or -EINVAL with *e
 * filled.
 */
int gvariant_parse(const char *text, const char *where, struct systemd_property *ret,
		   struct rl_err *e);

/* The same for seconds, as a number with or without a fraction: a uint64 of microseconds. */
int gvariant_parse_seconds(const char *text, const char *where, struct systemd_property *ret,
			   struct rl_err *e);

/* unit-properties-plan.c: all properties of the planned unit, into the plan. */
int unit_properties_plan(const struct oci_config *c, const struct cgroup_facts *facts,
			 struct flat *f, struct cgroup_plan *p, struct rl_err *e);

/* unit-report.c: print them. */
void unit_report(struct report *r, const void *base, const struct cgroup_unit *u);

#endif
