/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A systemd manager, of the system or of a user, over D-Bus: see org.freedesktop.systemd1(5).
 * libsystemd is opened by systemd_bus_open(), not before.
 *
 * What fails for a unit is told in systemd's own words.
 */
#ifndef RL_OS_SYSTEMD_BUS_H
#define RL_OS_SYSTEMD_BUS_H

#include "base/err.h"
#include "os/systemd-properties.h"

#include <stdbool.h>
#include <stddef.h>

struct systemd_bus;

/* Whether this build knows systemd, and the library can be opened on this host. */
bool systemd_bus_is_available(void);

/*
 * Connect: "unix:path=...", as in D-Bus, and no address of another kind; a path that ends in
 * /systemd/private is the manager's own socket, which needs no D-Bus daemon. Returns 0 or a
 * negative errno with *e filled. systemd_bus_close() accepts NULL.
 */
int systemd_bus_open(const char *address, struct systemd_bus **ret, struct rl_err *e);
void systemd_bus_close(struct systemd_bus **bus);

/* A property of the manager that is a string. *ret is allocated. */
int systemd_bus_get(struct systemd_bus *bus, const char *property, char **ret, struct rl_err *e);

/* The same of a unit; interface: "Unit", "Scope". */
int systemd_bus_unit_get(struct systemd_bus *bus, const char *unit, const char *interface,
			 const char *property, char **ret, struct rl_err *e);

/*
 * Start a transient unit with these properties, and wait until that is done. -EEXIST: there is a
 * unit of this name. -ETIMEDOUT: it may still be started later.
 */
int systemd_bus_start(struct systemd_bus *bus, const char *unit,
		      const struct systemd_property *list, size_t n, struct rl_err *e);

/* Stop a unit, and wait until that is done. -ENOENT: there is none. */
int systemd_bus_stop(struct systemd_bus *bus, const char *unit, struct rl_err *e);

/* Have systemd forget that a unit failed. -ENOENT: there is none. */
int systemd_bus_forget(struct systemd_bus *bus, const char *unit, struct rl_err *e);

/* Change properties of a unit, until the next boot. */
int systemd_bus_set(struct systemd_bus *bus, const char *unit, const struct systemd_property *list,
		    size_t n, struct rl_err *e);

#endif
