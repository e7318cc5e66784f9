/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd makes the cgroup, for a scope unit; finds the manager of systemd to ask. See manager.h.
 */
#include "base/auto.h"
#include "cgroup/manager.h"
#include "cgroup/systemd/scope.h"
#include "cgroup/systemd/unit.h"
#include "os/systemd-bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct manager manager_systemd = {
	.name = "systemd",
	.plan = unit_plan,
	.plan_limits = unit_properties_plan,
	.create = scope_start,
	.abandon = scope_abandon,
	.close = scope_close,
};

static int copy(const char *from, char *to, size_t size)
{
	return snprintf(to, size, "%s", from) < (int)size ? 0 : -ENAMETOOLONG;
}

static int ask(const char *address, struct cgroup_systemd *ret, struct rl_err *e)
{
	rl_auto(systemd_bus_close) struct systemd_bus *bus = NULL;
	rl_autofree char *group = NULL;
	int r = copy(address, ret->bus, sizeof(ret->bus));

	if (r < 0)
		return rl_fail(e, r, "connect to systemd at %.100s", address);
	r = systemd_bus_open(address, &bus, e);
	if (r == 0)
		r = systemd_bus_get(bus, "ControlGroup", &group, e);
	if (r < 0)
		return r;
	/* The root is "" or "/". */
	r = copy(strcmp(group, "/") ? group : "", ret->control_group, sizeof(ret->control_group));
	return r < 0 ? rl_fail(e, r, "read the cgroup of systemd") : 0;
}

/* Where there is no D-Bus daemon, systemd has a socket of its own. */
static int ask_either(const char *bus, const char *runtime_dir, struct cgroup_systemd *ret,
		      struct rl_err *e)
{
	struct rl_err other = RL_ERR_INIT;
	char address[sizeof(ret->bus)];
	int r = ask(bus, ret, e);

	if (r == 0 || r == -EOPNOTSUPP || r == -ELIBACC || !runtime_dir)
		return r;
	snprintf(address, sizeof(address), "unix:path=%s" SCOPE_PRIVATE, runtime_dir);
	if (ask(address, ret, &other) == 0) {
		*e = (struct rl_err)RL_ERR_INIT;
		return 0;
	}
	rl_hint(e, "is systemd running here? Without it use --cgroup-manager=cgroupfs");
	return r;
}

int cgroup_systemd_probe(bool system, const char *session_bus, const char *runtime_dir,
			 struct cgroup_systemd *ret, struct rl_err *e)
{
	char address[sizeof(ret->bus)];

	*ret = (struct cgroup_systemd){ .user = !system };
	if (system)
		return ask_either(SCOPE_SYSTEM_BUS, "/run", ret, e);
	if (runtime_dir && !runtime_dir[0])
		runtime_dir = NULL;
	if (session_bus && session_bus[0])
		return ask_either(session_bus, runtime_dir, ret, e);
	if (!runtime_dir) {
		rl_whole(e, -ENOENT,
			 "neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS says where the "
			 "user's systemd is");
		rl_hint(e, "XDG_RUNTIME_DIR is usually /run/user/<uid>; it is there for a user who "
			   "is logged in, or for whom loginctl enable-linger was called");
		return -ENOENT;
	}
	snprintf(address, sizeof(address), "unix:path=%s/bus", runtime_dir);
	return ask_either(address, runtime_dir, ret, e);
}
