/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of RDMA devices, see limits.def. Pure. */
#include "cgroup/limits/limits-plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64 /* IB_DEVICE_NAME_MAX */

/* "mlx5_0 hca_handle=2 hca_object=2000". 0 is a limit: none may be had. */
static int plan_device(const char *name, const struct oci_rdma *d, const char *where,
		       struct cgroup_build *b)
{
	const struct cgroupfs_hierarchy *h;
	char value[NAME_SIZE + 64];
	size_t at;
	int r;

	if (!limits_is_name(name, NAME_SIZE))
		return rl_refuse(b->e, "linux.resources.rdma",
				 "\"%.100s\" is no name of an RDMA device", name);
	/* M119 */
	if (!d->has_hca_handles && !d->has_hca_objects)
		return rl_refuse(b->e, where, "has neither hcaHandles nor hcaObjects");
	r = limits_find(b, "rdma", where, &h);
	if (r < 0)
		return r;
	at = (size_t)snprintf(value, sizeof(value), "%s", name);
	if (d->has_hca_handles)
		at += (size_t)snprintf(value + at, sizeof(value) - at, " hca_handle=%" PRIu32,
				       d->hca_handles);
	if (d->has_hca_objects)
		snprintf(value + at, sizeof(value) - at, " hca_object=%" PRIu32, d->hca_objects);
	return cgroup_build_write(b, h, "rdma.max", value, where, 0);
}

int rdma_devices(const struct oci_resources *res, struct cgroup_build *b)
{
	const struct oci_object_map *m = res->rdma;
	int r = 0;

	for (size_t i = 0; m && i < m->n && r == 0; i++) {
		char where[LIMITS_WHERE_MAX];

		snprintf(where, sizeof(where), "linux.resources.rdma[\"%.64s\"]", m->keys[i]);
		r = plan_device(m->keys[i], m->values[i], where, b);
	}
	return r;
}
