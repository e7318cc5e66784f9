/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans whether the container's cgroup is given to the user of its process, who then can divide it
 * among cgroups of his own: config-linux.md#cgroup-ownership. Pure.
 */
#include "cgroup/build.h"
#include "libocispec/ocispec.h"

#include <string.h>

#define CGROUP_PLACE "/sys/fs/cgroup"

static bool is_cgroup_place(const struct oci_mount *m)
{
	size_t n = strlen(CGROUP_PLACE);

	return m->type && (!strcmp(m->type, "cgroup") || !strcmp(m->type, "cgroup2")) &&
	       m->destination && !strncmp(m->destination, CGROUP_PLACE, n) &&
	       !m->destination[n + strspn(m->destination + n, "/")];
}

static bool is_writable(const struct oci_mount *m)
{
	for (size_t i = 0; i < m->n_options; i++)
		if (!strcmp(m->options[i], "ro") || !strcmp(m->options[i], "rro"))
			return false;
	return true;
}

/* Of several mounts at one place the last one counts. */
static bool has_writable_mount(const struct oci_config *c)
{
	bool writable = false;

	for (size_t i = 0; i < c->n_mounts; i++)
		if (is_cgroup_place(c->mounts[i]))
			writable = is_writable(c->mounts[i]);
	return writable;
}

void owner_plan(const struct oci_config *c, const struct cgroup_facts *facts, struct cgroup_plan *p)
{
	uint32_t uid = c->process && c->process->user ? (uint32_t)c->process->user->uid : 0;

	/* Without a user namespace root owns it already. Version 1 cannot be delegated safely. */
	if (facts->cgroupfs->mode != CGROUPFS_V2 || !facts->cgroup_namespace ||
	    (!uid && !facts->user_namespace) || !has_writable_mount(c))
		return;
	p->has_owner = 1;
	p->owner = uid;
	p->owner_mapped = facts->user_namespace;
}
