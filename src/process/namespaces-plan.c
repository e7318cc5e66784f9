/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the namespaces: which are made, which are joined, and the names, clocks and id maps that
 * belong to them. Pure.
 */
#include "process/process.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "spec/annotations.h"
#include "spec/idmap.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sched.h>
#include <string.h>

#define UTS_NAME_MAX 64 /* __NEW_UTS_LEN of the kernel */
#define NANOSECS_MAX 999999999u

const struct namespace_kind namespaces_kinds[] = {
#define NAMESPACE(word, flag, file) { word, flag, file },
#include "process/namespaces.def"
#undef NAMESPACE
	{ 0 },
};

#define KINDS (RL_COUNT(namespaces_kinds) - 1)

const char *namespaces_word(uint32_t flag)
{
	for (const struct namespace_kind *k = namespaces_kinds; k->word; k++)
		if (k->flag == flag)
			return k->word;
	return "unknown";
}

/* Where in the list each kind stands: index + 1, or 0. */
static int find_entries(const struct oci_linux *l, size_t ret_at[KINDS], struct rl_err *e)
{
	for (size_t i = 0; l && i < l->n_namespaces; i++) {
		const char *type = l->namespaces[i]->type;
		char key[RL_ERR_WHERE];
		size_t k = 0;

		while (k < KINDS && strcmp(type, namespaces_kinds[k].word) != 0)
			k++;
		snprintf(key, sizeof(key), "linux.namespaces[%zu].type", i);
		if (k == KINDS)
			return rl_refuse(e, key, "\"%s\" is not a kind of namespace", type);
		if (ret_at[k])
			return rl_refuse(e, key, "\"%s\" stands in linux.namespaces[%zu] already",
					 type, ret_at[k] - 1);
		ret_at[k] = i + 1;
	}
	return 0;
}

static int plan_join(const struct namespace_kind *k, const char *path, size_t at, struct flat *f,
		     struct namespace_join *ret, struct rl_err *e)
{
	char key[RL_ERR_WHERE];

	snprintf(key, sizeof(key), "linux.namespaces[%zu].path", at);
	if (path[0] != '/')
		return rl_refuse(e, key, "\"%s\" is not an absolute path", path);
	if (strlen(path) >= PATH_MAX)
		return rl_refuse(e, key, "the path is longer than %d bytes", PATH_MAX - 1);
	*ret = (struct namespace_join){
		.where = flat_add_str(f, key),
		.path = flat_add_str(f, path),
		.flag = k->flag,
		.fd = -EBADF,
	};
	return 0;
}

static int plan_kinds(const struct oci_linux *l, struct flat *f, struct namespaces_plan *p,
		      struct rl_err *e)
{
	struct namespace_join joins[KINDS] = { 0 };
	size_t at[KINDS] = { 0 };
	size_t n = 0;
	int r = find_entries(l, at, e);

	for (size_t k = 0; k < KINDS && r == 0; k++) {
		const char *path = at[k] ? l->namespaces[at[k] - 1]->path : NULL;

		if (path && path[0])
			r = plan_join(&namespaces_kinds[k], path, at[k] - 1, f, &joins[n++], e);
		else if (at[k])
			p->make |= namespaces_kinds[k].flag;
	}
	if (r < 0)
		return r;
	p->joins = flat_add_list(f, joins, n, sizeof(joins[0]));
	return 0;
}

static uint32_t joined(const struct flat *f, const struct namespaces_plan *p)
{
	uint32_t flags = 0;

	if (!flat_failed(f))
		FLAT_EACH(f->data, p->joins, struct namespace_join, j)
			flags |= j->flag;
	return flags;
}

static int plan_maps(const struct oci_linux *l, uint32_t join, struct flat *f,
		     struct namespaces_plan *p, struct rl_err *e)
{
	size_t n_uid = l ? l->n_uid_mappings : 0, n_gid = l ? l->n_gid_mappings : 0;
	flat_str uid_map = 0, gid_map = 0;
	int r;

	if (!((p->make | join) & CLONE_NEWUSER)) {
		if (n_uid || n_gid)
			return rl_refuse(e, n_uid ? "linux.uidMappings" : "linux.gidMappings",
					 "needs a user namespace in linux.namespaces");
		return 0;
	}
	if (!(join & CLONE_NEWUSER) && (!n_uid || !n_gid))
		return rl_refuse(e, n_uid ? "linux.gidMappings" : "linux.uidMappings",
				 "a new user namespace needs at least one mapping");
	r = n_uid ? idmap_plan(l->uid_mappings, n_uid, "linux.uidMappings", f, &uid_map, e) : 0;
	if (r == 0 && n_gid)
		r = idmap_plan(l->gid_mappings, n_gid, "linux.gidMappings", f, &gid_map, e);
	if (r < 0)
		return r;
	if (n_uid && !idmap_has(l->uid_mappings, n_uid, 0))
		p->root_uid = l->uid_mappings[0]->container_id;
	if (n_gid && !idmap_has(l->gid_mappings, n_gid, 0))
		p->root_gid = l->gid_mappings[0]->container_id;
	/* A namespace that is joined has its maps; engines describe them here, or put a dummy. */
	if (!(join & CLONE_NEWUSER)) {
		p->uid_map = uid_map;
		p->gid_map = gid_map;
	}
	return 0;
}

static int plan_clock(const struct oci_object_map *m, const char *clock, char *text, size_t size,
		      struct rl_err *e)
{
	const struct oci_time_offset *o = NULL;
	size_t at = strlen(text);

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->keys[i], clock))
			o = m->values[i];
	if (!o)
		return 0;
	if (o->nanosecs > NANOSECS_MAX)
		return rl_refuse(e, "linux.timeOffsets",
				 "%s: %" PRIu32 " nanosecs are more than a second", clock,
				 o->nanosecs);
	snprintf(text + at, size - at, "%s %" PRId64 " %" PRIu32 "\n", clock, o->secs, o->nanosecs);
	return 0;
}

static int plan_time(const struct oci_linux *l, struct flat *f, struct namespaces_plan *p,
		     struct rl_err *e)
{
	const struct oci_object_map *m = l ? l->time_offsets : NULL;
	char text[128] = "";
	int r;

	if (!m || !m->n)
		return 0;
	if (!(p->make & CLONE_NEWTIME))
		return rl_refuse(e, "linux.timeOffsets",
				 "needs a new time namespace in linux.namespaces");
	r = plan_clock(m, "monotonic", text, sizeof(text), e);
	if (r == 0)
		r = plan_clock(m, "boottime", text, sizeof(text), e);
	if (r == 0)
		p->time_offsets = flat_add_str(f, text);
	return r;
}

static int plan_name(const char *name, const char *key, uint32_t own, struct flat *f, flat_str *ret,
		     struct rl_err *e)
{
	if (!name || !name[0])
		return 0;
	if (!(own & CLONE_NEWUTS))
		return rl_refuse(e, key, "needs a uts namespace in linux.namespaces");
	if (strlen(name) > UTS_NAME_MAX)
		return rl_refuse(e, key, "is longer than %d bytes", UTS_NAME_MAX);
	*ret = flat_add_str(f, name);
	return 0;
}

/*
 * One process can do it all, but: who joins a time namespace, or sets the offsets of a new one, is
 * not in it himself; and what is joined together with a user namespace mostly belongs to the
 * caller's, so it has to be joined before that is entered. (A pid namespace is entered
 * last, by a step of its own: container/pid-enter-guest.c.)
 */
static bool needs_bridge(const struct namespaces_plan *p, uint32_t join)
{
	return p->time_offsets || (join & (CLONE_NEWUSER | CLONE_NEWTIME)) ||
	       (join && (p->make & CLONE_NEWUSER));
}

int namespaces_plan(const struct oci_config *c, struct flat *f, struct namespaces_plan *ret,
		    struct rl_err *e)
{
	const struct oci_linux *l = c->linux_;
	struct namespaces_plan p = { 0 };
	uint32_t join;
	int r;

	r = plan_kinds(l, f, &p, e);
	if (r < 0)
		return r;
	join = joined(f, &p);
	r = plan_maps(l, join, f, &p, e);
	if (r == 0)
		r = annotations_flag(c, annotation_keep_original_groups, &p.keep_groups, e);
	if (r == 0)
		r = plan_time(l, f, &p, e);
	if (r == 0)
		r = plan_name(c->hostname, "hostname", p.make | join, f, &p.hostname, e);
	if (r == 0)
		r = plan_name(c->domainname, "domainname", p.make | join, f, &p.domainname, e);
	if (r == 0 && l && l->sysctl)
		r = sysctl_plan(l->sysctl, p.make | join, f, &p.sysctls, e);
	if (r == 0)
		r = netdev_plan(l, p.make | join, f, &p.netdevs, e);
	if (r < 0)
		return r;
	p.bridge = needs_bridge(&p, join);
	*ret = p;
	return 0;
}
