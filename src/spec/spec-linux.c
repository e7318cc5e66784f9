/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what the Linux part of a configuration means; see spec-linux.h. */
#include "spec/spec-linux.h"

#include "spec/lookup.h"

#include <stdio.h>
#include <string.h>

#define UTS_NAME_MAX 64 /* bytes of a host or domain name (sethostname(2)) */

static int check_namespaces(const struct oci_linux *l, struct rl_err *e)
{
	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *ns = l->namespaces[i];
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "linux.namespaces[%zu].type", i);
		if (lookup_namespace(l, ns->type) != ns)
			return rl_refuse(e, where, "\"%s\" stands in the list already", ns->type);
		snprintf(where, sizeof(where), "linux.namespaces[%zu].path", i);
		if (lookup_is_joined(ns) && ns->path[0] != '/')
			return rl_refuse(e, where, "\"%s\" is not an absolute path", ns->path);
	}
	return 0;
}

static int check_name(const struct oci_linux *l, const char *key, const char *name,
		      struct rl_err *e)
{
	if (!name || !name[0])
		return 0;
	if (!lookup_namespace(l, "uts"))
		return rl_refuse(e, key, "needs a uts namespace in linux.namespaces");
	if (strlen(name) > UTS_NAME_MAX)
		return rl_refuse(e, key, "is longer than %d bytes", UTS_NAME_MAX);
	return 0;
}

static int check_sizes(const char *key, struct oci_id_mapping *const *maps, size_t n,
		       struct rl_err *e)
{
	for (size_t i = 0; i < n; i++) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "%s[%zu].size", key, i);
		if (!maps[i]->size)
			return rl_refuse(e, where, "is 0: the mapping has no ids");
	}
	return 0;
}

/* A namespace that is joined has its mappings; engines describe them here, or put a dummy. */
static int check_mappings(const struct oci_linux *l, struct rl_err *e)
{
	const struct oci_namespace *user = lookup_namespace(l, "user");
	const char *first = l->n_uid_mappings ? "linux.uidMappings" : "linux.gidMappings";
	int r;

	if (!user && (l->n_uid_mappings || l->n_gid_mappings))
		return rl_refuse(e, first, "needs a user namespace in linux.namespaces");
	if (user && !lookup_is_joined(user) && (!l->n_uid_mappings || !l->n_gid_mappings))
		return rl_refuse(e, l->n_uid_mappings ? "linux.gidMappings" : "linux.uidMappings",
				 "a new user namespace needs at least one mapping");
	r = check_sizes("linux.uidMappings", l->uid_mappings, l->n_uid_mappings, e);
	return r < 0 ? r : check_sizes("linux.gidMappings", l->gid_mappings, l->n_gid_mappings, e);
}

/* Only the clocks of a namespace in which nobody runs yet can be set (time_namespaces(7)). */
static int check_time(const struct oci_linux *l, struct rl_err *e)
{
	const struct oci_namespace *ns = lookup_namespace(l, "time");

	if (!l->time_offsets || !l->time_offsets->n)
		return 0;
	for (size_t i = 0; i < l->time_offsets->n; i++) {
		const char *clock = l->time_offsets->keys[i];

		if (strcmp(clock, "monotonic") && strcmp(clock, "boottime"))
			return rl_refuse(e, "linux.timeOffsets",
					 "\"%.64s\" is no clock of a time namespace: monotonic and "
					 "boottime are",
					 clock);
	}
	if (!ns || lookup_is_joined(ns))
		return rl_refuse(e, "linux.timeOffsets",
				 "needs a new time namespace in linux.namespaces");
	return 0;
}

static int check_paths(const char *key, char *const *paths, size_t n, struct rl_err *e)
{
	for (size_t i = 0; i < n; i++) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "%s[%zu]", key, i);
		if (paths[i][0] != '/')
			return rl_refuse(e, where, "\"%s\" is not an absolute path", paths[i]);
	}
	return 0;
}

/* What the other parameters need is in process/sysctls.def. */
static int check_sysctl(const struct oci_map *m, struct rl_err *e)
{
	for (size_t i = 0; i < m->n; i++) {
		char where[RL_ERR_WHERE];

		if (!m->keys[i][0])
			return rl_refuse(e, "linux.sysctl", "a key is empty");
		snprintf(where, sizeof(where), "linux.sysctl[\"%s\"]", m->keys[i]);
		/* Two places for one name could disagree. */
		if (strcmp(m->keys[i], "kernel.hostname") == 0 ||
		    strcmp(m->keys[i], "kernel/hostname") == 0)
			return rl_refuse(e, where, "the host name is set by the member hostname");
	}
	return 0;
}

static int check_memory(const struct oci_resources *r, struct rl_err *e)
{
	const struct oci_memory *m = r ? r->memory : NULL;

	if (m && m->has_use_hierarchy && !m->use_hierarchy)
		return rl_refuse(e, "linux.resources.memory.useHierarchy",
				 "false is not possible: the kernel always accounts children too");
	return 0;
}

static int check_seccomp(const struct oci_seccomp *s, struct rl_err *e)
{
	for (size_t i = 0; s && i < s->n_syscalls; i++) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu].names", i);
		if (!s->syscalls[i]->n_names)
			return rl_refuse(e, where, "is empty: the rule is for no call");
	}
	return 0;
}

static int check_parts(const struct oci_linux *l, struct rl_err *e)
{
	int r = check_namespaces(l, e);

	if (r == 0)
		r = check_mappings(l, e);
	if (r == 0)
		r = check_time(l, e);
	if (r == 0)
		r = check_paths("linux.maskedPaths", l->masked_paths, l->n_masked_paths, e);
	if (r == 0)
		r = check_paths("linux.readonlyPaths", l->readonly_paths, l->n_readonly_paths, e);
	if (r == 0 && l->sysctl)
		r = check_sysctl(l->sysctl, e);
	if (r == 0)
		r = check_memory(l->resources, e);
	return r < 0 ? r : check_seccomp(l->seccomp, e);
}

int spec_linux(const struct oci_config *c, struct rl_err *e)
{
	int r = c->linux_ ? check_parts(c->linux_, e) : 0;

	if (r == 0)
		r = check_name(c->linux_, "hostname", c->hostname, e);
	if (r == 0)
		r = check_name(c->linux_, "domainname", c->domainname, e);
	return r;
}
