/* SPDX-License-Identifier: Apache-2.0 */
/* Class and priorities of network traffic, see limits.def: controllers of cgroup v1 only. Pure. */
#include "cgroup/limits/limits-plan.h"

#include <inttypes.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

int network_class(struct limit_source *s, char *buf)
{
	const struct oci_network *n = s->res->network;

	if (!n || !n->has_class_id || !n->class_id)
		return 0;
	snprintf(buf, LIMITS_VALUE_MAX, "%" PRIu32, n->class_id);
	return 1;
}

int network_priorities(const struct oci_resources *res, struct cgroup_build *b)
{
	const struct oci_network *n = res->network;
	const struct cgroupfs_hierarchy *h;
	int r = 0;

	for (size_t i = 0; n && i < n->n_priorities && r == 0; i++) {
		const struct oci_interface_priority *p = n->priorities[i];
		char where[LIMITS_WHERE_MAX], value[IFNAMSIZ + 16];

		snprintf(where, sizeof(where), "linux.resources.network.priorities[%zu].name", i);
		if (!limits_is_name(p->name, IFNAMSIZ))
			return rl_refuse(b->e, where, "\"%.100s\" is no name of an interface",
					 p->name);
		r = limits_find(b, "net_prio", where, &h);
		snprintf(value, sizeof(value), "%s %" PRIu32, p->name, p->priority);
		if (r == 0)
			r = cgroup_build_write(b, h, "net_prio.ifpriomap", value, where, 0);
	}
	return r;
}
