/* SPDX-License-Identifier: Apache-2.0 */
/* Has systemd make, change and remove the scope unit of a container; see scope.h. */
#include "base/auto.h"
#include "base/log.h"
#include "cgroup/systemd/scope.h"
#include "cgroup/systemd/unit.h"
#include "os/holder.h"
#include "os/systemd-bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The planned properties as the bus takes them, with the process that the unit begins with. */
static struct systemd_property *list_properties(const void *base, const struct cgroup_unit *u,
						pid_t first)
{
	struct systemd_property *list = calloc(u->properties.n + 1, sizeof(*list)), *at = list;

	if (!list)
		return NULL;
	FLAT_EACH(base, u->properties, const struct cgroup_property, p)
		*at++ = (struct systemd_property){
			.name = flat_get_str(base, p->name),
			.kind = (int)p->kind,
			.number = p->number,
			.data = p->data.len ? flat_get(base, p->data.off) : NULL,
			.size = p->data.len,
			.where = flat_get_str(base, p->where),
		};
	*at = (struct systemd_property){ .name = "PIDs",
					 .kind = SYSTEMD_U32S,
					 .number = (uint64_t)first };
	return list;
}

/* systemd names the property that it does not take, but not if its type is wrong. */
static void blame(const struct systemd_property *list, size_t n, struct rl_err *e)
{
	const char *annotation = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!list[i].where)
			continue;
		if (!strncmp(list[i].where, "annotations", strlen("annotations")))
			annotation = list[i].name;
		if (strstr(e->what, list[i].name) && !e->where[0])
			snprintf(e->where, sizeof(e->where), "%s", list[i].where);
	}
	if (annotation && !e->where[0])
		rl_hint(e,
			"is the value of each annotation org.systemd.property.NAME, such as %s, of the "
			"type that systemd has for it? busctl introspect shows the types of a unit",
			annotation);
}

/* What only later versions of systemd take; an earlier one does not know of these files either. */
static const struct newer {
	const char *name;
	bool only_zero; /* this value alone is new */
	long version;
} newer[] = {
	{ "CPUWeight", true, 252 },
	{ "MemoryZSwapMax", false, 253 },
};

static const struct newer *find_newer(const struct systemd_property *p)
{
	for (size_t i = 0; i < RL_COUNT(newer); i++)
		if (!strcmp(p->name, newer[i].name) && !(newer[i].only_zero && p->number))
			return &newer[i];
	return NULL;
}

/* Take out of the list what this systemd does not know. It is asked for its version only if there
 * is such a property. */
static int keep_known(struct systemd_bus *bus, struct systemd_property *list, size_t *n,
		      struct rl_err *e)
{
	rl_autofree char *text = NULL;
	long version = 0;
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		const struct newer *new = find_newer(&list[i]);
		int r = new && !text ? systemd_bus_get(bus, "Version", &text, e) : 0;

		if (r < 0)
			return r;
		if (text && !version)
			version = strtol(text + strcspn(text, "0123456789"), NULL, 10);
		if (!new || version >= new->version)
			list[kept++] = list[i];
	}
	*n = kept;
	return 0;
}

/* A unit of the name exists: one that failed, and is kept to be looked at, is of no more use. */
static int forget_failed(struct systemd_bus *bus, const char *unit)
{
	struct rl_err ignored = RL_ERR_INIT;
	rl_autofree char *state = NULL;

	if (systemd_bus_unit_get(bus, unit, "Unit", "ActiveState", &state, &ignored) < 0 ||
	    strcmp(state, "failed") != 0)
		return -EEXIST;
	return systemd_bus_forget(bus, unit, &ignored);
}

static int start(struct systemd_bus *bus, const char *unit, const char *where,
		 struct systemd_property *list, size_t n, struct rl_err *e)
{
	struct rl_err first = RL_ERR_INIT;
	int r = keep_known(bus, list, &n, &first);

	if (r == 0)
		r = systemd_bus_start(bus, unit, list, n, &first);
	if (r == -EEXIST && forget_failed(bus, unit) == 0) {
		first = (struct rl_err)RL_ERR_INIT;
		r = systemd_bus_start(bus, unit, list, n, &first);
	}
	if (r == -EEXIST) {
		rl_refuse(e, where, "systemd has a unit %s already", unit);
		rl_hint(e,
			"another container has it, or one that was not deleted: give this one a "
			"name of its own, or see systemctl status %s",
			unit);
		return r;
	}
	if (r < 0) {
		blame(list, n, &first);
		*e = first;
	}
	return r;
}

/* All that follows takes the planned path for the unit's. */
static int check_path(struct systemd_bus *bus, const char *unit, const char *path,
		      const char *where, struct rl_err *e)
{
	rl_autofree char *group = NULL;
	int r = systemd_bus_unit_get(bus, unit, "Scope", "ControlGroup", &group, e);

	if (r < 0 || !strcmp(group, path))
		return r;
	return rl_refuse(e, where, "systemd gave the unit %s the cgroup \"%.100s\" instead of %s",
			 unit, group, path);
}

int scope_start(const void *base, struct cgroup_plan *p, struct rl_err *e)
{
	const char *unit = flat_get_str(base, p->unit.name), *where = flat_get_str(base, p->where);
	rl_auto(systemd_bus_close) struct systemd_bus *bus = NULL;
	rl_autofree struct systemd_property *list = NULL;
	pid_t first;
	int r = systemd_bus_open(flat_get_str(base, p->unit.bus), &bus, e);

	if (r < 0)
		return r;
	first = holder_start(0, &p->unit.holder_fd);
	if (first < 0)
		return rl_fail(e, first, "start the process that holds the unit %s", unit);
	list = list_properties(base, &p->unit, first);
	r = list ? start(bus, unit, where, list, p->unit.properties.n + 1, e) :
		   rl_fail(e, -ENOMEM, "start the unit %s", unit);
	if (r < 0) {
		holder_end(&p->unit.holder_fd);
		return r;
	}
	r = check_path(bus, unit, flat_get_str(base, p->path), where, e);
	if (r < 0)
		scope_abandon(base, p);
	return r;
}

void scope_close(struct cgroup_plan *p)
{
	holder_end(&p->unit.holder_fd);
}

static int stop(const char *address, const char *unit, struct rl_err *e)
{
	rl_auto(systemd_bus_close) struct systemd_bus *bus = NULL;
	struct rl_err ignored = RL_ERR_INIT;
	int r = systemd_bus_open(address, &bus, e);

	if (r < 0)
		return r;
	r = systemd_bus_stop(bus, unit, e);
	if (r == -ENOENT)
		return 0;
	systemd_bus_forget(bus, unit, &ignored);
	return r;
}

static void stop_or_warn(const char *address, const char *unit)
{
	struct rl_err e = RL_ERR_INIT;
	char line[1024];

	/* Without processes systemd removes it by itself sooner or later. */
	if (stop(address, unit, &e) < 0)
		log_warn("%s, ignoring", rl_err_line(&e, line, sizeof(line)));
}

void scope_abandon(const void *base, struct cgroup_plan *p)
{
	holder_end(&p->unit.holder_fd);
	stop_or_warn(flat_get_str(base, p->unit.bus), flat_get_str(base, p->unit.name));
}

/* The record comes from state.json and may say anything: no service or slice is a container's. */
static int check_record(const struct cgroup_record *r, struct rl_err *e)
{
	static const char end[] = ".scope";
	size_t len = strlen(r->unit), n = strlen(end);

	if (len > n && !strcmp(r->unit + len - n, end))
		return 0;
	return rl_whole(e, -EINVAL,
			"the record of the container names %s as its unit: that is no scope",
			r->unit);
}

void scope_remove(const struct cgroup_record *r)
{
	struct rl_err e = RL_ERR_INIT;
	char line[1024];

	if (!r->unit || !r->bus)
		return;
	if (check_record(r, &e) < 0)
		log_warn("%s, ignoring", rl_err_line(&e, line, sizeof(line)));
	else
		stop_or_warn(r->bus, r->unit);
}

/* Devices are added to a list: it is emptied before. */
static struct systemd_property *with_devices_reset(const struct unit_list *l, size_t *ret_n)
{
	struct systemd_property *list = calloc(l->n + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return NULL;
	if (unit_list_find(l, "DevicePolicy"))
		list[n++] =
			(struct systemd_property){ .name = "DeviceAllow", .kind = SYSTEMD_PAIRS };
	memcpy(list + n, l->v, l->n * sizeof(*list));
	*ret_n = n + l->n;
	return list;
}

static int set(const struct cgroup_record *r, const struct unit_list *l, struct rl_err *e)
{
	rl_auto(systemd_bus_close) struct systemd_bus *bus = NULL;
	rl_autofree struct systemd_property *list = NULL;
	struct rl_err first = RL_ERR_INIT;
	size_t n;
	int ret;

	list = with_devices_reset(l, &n);
	if (!list)
		return rl_fail(e, -ENOMEM, "change the unit %s", r->unit);
	ret = systemd_bus_open(r->bus, &bus, e);
	if (ret < 0)
		return ret;
	ret = keep_known(bus, list, &n, &first);
	if (ret == 0)
		ret = systemd_bus_set(bus, r->unit, list, n, &first);
	if (ret < 0) {
		blame(list, n, &first);
		*e = first;
	}
	return ret;
}

static bool is_system_bus(const char *address)
{
	return !strcmp(address, SCOPE_SYSTEM_BUS) || !strcmp(address, SCOPE_SYSTEM_PRIVATE);
}

int scope_update(const void *base, const struct cgroup_plan *p, const struct cgroup_now *now,
		 const struct cgroup_record *r, struct rl_err *e)
{
	rl_auto(unit_list_done) struct unit_list l = { 0 };
	int ret;

	if (!r->unit || !r->bus)
		return 0;
	ret = check_record(r, e);
	if (ret < 0)
		return ret;
	ret = unit_limits_make(base, p, now, &l);
	if (ret == 0 && is_system_bus(r->bus))
		ret = unit_devices_make(base, p, &l, e);
	if (ret < 0)
		return rl_fail(e, ret, "change the unit %s", r->unit);
	return l.n ? set(r, &l, e) : 0;
}
