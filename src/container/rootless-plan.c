/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds a user namespace to a configuration that has none, for a caller who could not make any
 * other namespace without it. Root in it is the caller; the other ids are those that /etc/subuid
 * and /etc/subgid give him, or there are none. Pure.
 */
#include "container/rootless.h"

#include "base/log.h"
#include "spec/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_map(struct rootless_maps *m, uint32_t outside, uint32_t size)
{
	const struct oci_id_mapping *last = m->n ? &m->maps[m->n - 1] : NULL;
	uint32_t inside = last ? last->container_id + last->size : 0;

	/* Beyond the last id there are none. */
	if (size > UINT32_MAX - inside)
		return;
	m->maps[m->n] = (struct oci_id_mapping){
		.container_id = inside,
		.host_id = outside,
		.size = size,
	};
	m->list[m->n] = &m->maps[m->n];
	m->n++;
}

static void make_maps(uint32_t own, const struct subid *more, struct rootless_maps *ret)
{
	add_map(ret, own, 1);
	for (size_t i = 0; more && i < more->n; i++)
		add_map(ret, more->ranges[i].first, more->ranges[i].count);
}

static void add_maps(struct rootless *r, const struct idmap_facts *ids)
{
	bool more = ids->uids.n && ids->gids.n;

	/* Root's are not bound to these files. */
	if (ids->unprivileged && (!ids->newuidmap[0] || !ids->newgidmap[0]))
		more = false;
	log_warn("a user namespace is added to the configuration, because the caller has no rights "
		 "for the others without it: %s",
		 more ? "with the ids of /etc/subuid and /etc/subgid" :
			"with a single id, as /etc/subuid and /etc/subgid give no others, or "
			"newuidmap and newgidmap are not installed");
	make_maps(ids->uid, more ? &ids->uids : NULL, &r->uids);
	make_maps(ids->gid, more ? &ids->gids : NULL, &r->gids);
	r->linux_.uid_mappings = r->uids.list;
	r->linux_.n_uid_mappings = r->uids.n;
	r->linux_.gid_mappings = r->gids.list;
	r->linux_.n_gid_mappings = r->gids.n;
}

int rootless_plan(const struct oci_config *c, const struct idmap_facts *ids, struct rootless *ret)
{
	const size_t n = c->linux_ ? c->linux_->n_namespaces : 0;

	ret->config = *c;
	/* Without namespaces nothing is to be made: the planners say what is missing. */
	if (!ids->needed || !n || lookup_namespace(c->linux_, "user"))
		return 0;
	ret->linux_ = *c->linux_;
	ret->namespaces = calloc(n + 1, sizeof(struct oci_namespace *));
	if (!ret->namespaces)
		return -ENOMEM;
	memcpy(ret->namespaces, c->linux_->namespaces, n * sizeof(struct oci_namespace *));
	ret->user.type = (char *)(uintptr_t) "user";
	ret->namespaces[n] = &ret->user;
	ret->linux_.namespaces = ret->namespaces;
	ret->linux_.n_namespaces = n + 1;
	add_maps(ret, ids);
	ret->config.linux_ = &ret->linux_;
	return 0;
}

void rootless_done(struct rootless *r)
{
	free(r->namespaces);
}
