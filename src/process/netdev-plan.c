/* SPDX-License-Identifier: Apache-2.0 */
/* Plans which network devices are moved into the container, and their names there. Pure. */
#include "process/process.h"

#include "libocispec/ocispec.h"

#include <linux/sched.h>
#include <string.h>

#define NETDEVS_MAX     256
#define NETDEV_NAME_MAX 15 /* IFNAMSIZ - 1 */

/* What is wrong with the name of a device, as the kernel sees it; NULL: nothing. */
static const char *find_fault(const char *name, bool template)
{
	const char *percent = strchr(name, '%');

	if (!name[0])
		return "is empty";
	if (strlen(name) > NETDEV_NAME_MAX)
		return "is longer than 15 bytes";
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return "is not a name for a network device";
	for (const char *s = name; *s; s++)
		if (*s == '/' || *s == ':' || strchr(" \t\n\v\f\r", *s))
			return "has a slash, a colon or white space in it";
	if (!percent)
		return NULL;
	if (!template)
		return "has a \"%\" in it";
	return percent[1] == 'd' && !strchr(percent + 1, '%') ?
		       NULL :
		       "may have one \"%d\" in it, for a number of the kernel's choice, and no "
		       "other \"%\"";
}

/* A name that an earlier device was to have already. Of templates the kernel makes sure. */
static int check_double(const struct oci_object_map *m, size_t at, const char *name,
			const char *where, struct rl_err *e)
{
	for (size_t i = 0; i < at && !strchr(name, '%'); i++) {
		const struct oci_net_device *d = m->values[i];

		if (!strcmp(d->name && d->name[0] ? d->name : m->keys[i], name))
			return rl_refuse(e, where,
					 "\"%s\" is the name of linux.netDevices[\"%s\"] already",
					 name, m->keys[i]);
	}
	return 0;
}

static int plan_entry(const struct oci_object_map *m, size_t at, struct flat *f,
		      struct netdev_entry *ret, struct rl_err *e)
{
	const struct oci_net_device *d = m->values[at];
	const char *key = m->keys[at], *name = d->name && d->name[0] ? d->name : NULL, *fault;
	char where[RL_ERR_WHERE];
	int r;

	snprintf(where, sizeof(where), "linux.netDevices[\"%s\"]", key);
	fault = find_fault(key, false);
	if (fault)
		return rl_refuse(e, where, "the name %s", fault);
	r = check_double(m, at, name ? name : key, where, e);
	if (r < 0)
		return r;
	ret->where = flat_add_str(f, where);
	ret->device = flat_add_str(f, key);
	ret->name = flat_add_str(f, name);
	snprintf(where, sizeof(where), "linux.netDevices[\"%s\"].name", key);
	fault = name ? find_fault(name, true) : NULL;
	return fault ? rl_refuse(e, where, "\"%s\" %s", name, fault) : 0;
}

int netdev_plan(const struct oci_linux *linux_, uint32_t own, struct flat *f, struct flat_list *ret,
		struct rl_err *e)
{
	const struct oci_object_map *m = linux_ ? linux_->net_devices : NULL;
	struct flat_list l;

	if (!m)
		return 0;
	if (m->n && !(own & CLONE_NEWNET)) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "linux.netDevices[\"%s\"]", m->keys[0]);
		return rl_refuse(e, where, "needs a network namespace in linux.namespaces");
	}
	if (m->n > NETDEVS_MAX)
		return rl_refuse(e, "linux.netDevices", "more than %d devices", NETDEVS_MAX);
	l = flat_add_list(f, NULL, m->n, sizeof(struct netdev_entry));
	for (size_t i = 0; i < m->n; i++) {
		struct netdev_entry entry = { 0 };
		int r = plan_entry(m, i, f, &entry, e);

		if (r < 0)
			return r;
		if (!flat_failed(f))
			((struct netdev_entry *)flat_ptr(f, l.off))[i] = entry;
	}
	*ret = l;
	return 0;
}
