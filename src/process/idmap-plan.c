/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans who writes the id maps of a new user namespace: rundlet where the kernel lets it, else
 * newuidmap(1) and newgidmap(1), which may give a user the ids of /etc/subuid and /etc/subgid.
 * Pure.
 */
#include "libocispec/ocispec.h"
#include "process/process.h"

#include <sched.h>

/* What everybody may map: his own id, alone (user_namespaces(7)). */
static bool is_own(struct oci_id_mapping *const *maps, size_t n, uint32_t id)
{
	return n == 1 && maps[0]->size == 1 && maps[0]->host_id == id;
}

static int plan_tool(const char *tool, const char *name, const char *where, struct flat *f,
		     flat_str *ret, struct rl_err *e)
{
	if (!tool[0]) {
		rl_refuse(e, where,
			  "more than the caller's own id can be mapped only with the program %s, "
			  "which is not installed",
			  name);
		rl_hint(e, "install it (Debian: package uidmap; others: shadow-utils), or map one "
			   "id to the caller's own");
		return -EINVAL;
	}
	*ret = flat_add_str(f, tool);
	return 0;
}

int idmap_writers_plan(const struct oci_config *c, const struct idmap_facts *facts, struct flat *f,
		       struct namespaces_plan *p, struct rl_err *e)
{
	const struct oci_linux *l = c->linux_;
	int r = 0;

	if (!facts->unprivileged || !(p->make & CLONE_NEWUSER))
		return 0;
	p->without_rights = 1;
	if (!is_own(l->uid_mappings, l->n_uid_mappings, facts->uid))
		r = plan_tool(facts->newuidmap, "newuidmap", "linux.uidMappings", f, &p->uid_tool,
			      e);
	/* Who maps groups without privilege must give up setgroups(2): it could drop a group by
	 * which files are denied to him. */
	p->deny_groups = is_own(l->gid_mappings, l->n_gid_mappings, facts->gid);
	if (r == 0 && !p->deny_groups)
		r = plan_tool(facts->newgidmap, "newgidmap", "linux.gidMappings", f, &p->gid_tool,
			      e);
	return r;
}
