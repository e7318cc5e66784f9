/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the mappings of ids that mounts have: their own, one in the words of the option
 * ("idmap=uids=0-1000-1;gids=0-1000-1", as crun has it), or that of the container's user namespace.
 */
#include "rootfs/mountmap.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "spec/annotations.h"
#include "spec/idmap.h"
#include "spec/lookup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ranges {
	struct oci_id_mapping maps[IDMAP_LINES];
	struct oci_id_mapping *list[IDMAP_LINES]; /* as the parser of config.json leaves them */
	size_t n;
};

/* Whose ids a relative range is said in: those of the container's new user namespace. */
struct container_map {
	struct oci_id_mapping *const *maps;
	size_t n;
};

static bool read_id(const char **at, uint32_t *ret)
{
	char *end;
	unsigned long long n;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	n = strtoull(*at, &end, 10);
	if (errno || n > UINT32_MAX)
		return false;
	*at = end;
	*ret = (uint32_t)n;
	return true;
}

static int add_range(struct rootfs_build *b, const char *where, struct ranges *r, uint32_t id,
		     uint32_t host, uint32_t size)
{
	if (r->n == IDMAP_LINES)
		return rl_refuse(b->e, where, "has more than %d ranges of ids", IDMAP_LINES);
	r->maps[r->n] = (struct oci_id_mapping){
		.container_id = id,
		.host_id = host,
		.size = size,
	};
	r->list[r->n] = &r->maps[r->n];
	r->n++;
	return 0;
}

static const struct oci_id_mapping *find_range(const struct container_map *c, uint32_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (id >= c->maps[i]->container_id &&
		    id - c->maps[i]->container_id < c->maps[i]->size)
			return c->maps[i];
	return NULL;
}

/* `inside` is an id of the container: one range of it for each of the container's it lies in. */
static int add_relative(struct rootfs_build *b, const char *where, struct ranges *r,
			const struct container_map *c, uint32_t id, uint32_t inside, uint32_t size)
{
	while (size) {
		const struct oci_id_mapping *m = find_range(c, inside);
		uint32_t part;
		int ret;

		if (!m)
			return rl_refuse(b->e, where,
					 "the id %" PRIu32
					 " is not mapped in a new user namespace of the container",
					 inside);
		part = m->size - (inside - m->container_id);
		part = part < size ? part : size;
		ret = add_range(b, where, r, id, m->host_id + (inside - m->container_id), part);
		if (ret < 0)
			return ret;
		id += part;
		inside += part;
		size -= part;
	}
	return 0;
}

/* "0-100000-65536#70000-1-1"; behind "@", the second number is an id of the container. */
static int read_ranges(struct rootfs_build *b, const char *where, const char **at,
		       const struct container_map *c, struct ranges *r)
{
	bool relative = **at == '@', again;
	int ret;

	do {
		uint32_t n[3] = { 0 };

		if ((**at == '@') != relative)
			return rl_refuse(
				b->e, where,
				"either all ranges of a mapping are relative (\"@\") or none");
		*at += relative;
		for (size_t i = 0; i < 3; i++) {
			if (!read_id(at, &n[i]) || (i < 2 && *(*at)++ != '-'))
				return rl_refuse(b->e, where,
						 "a mapping is ranges of three numbers, "
						 "FILES-HOST-SIZE#...");
		}
		ret = relative ? add_relative(b, where, r, c, n[0], n[1], n[2]) :
				 add_range(b, where, r, n[0], n[1], n[2]);
		again = **at == '#';
		*at += again;
	} while (ret == 0 && again);
	return ret;
}

static bool is_new(const struct oci_namespace *n)
{
	return n && !lookup_is_joined(n);
}

/* "uids=...;gids=...", each once, in any order. */
static int plan_text(struct rootfs_build *b, const struct mountmap_request *q,
		     struct rootfs_idmap *m)
{
	const struct oci_linux *l = b->c->linux_;
	bool own = is_new(lookup_namespace(b->c->linux_, "user"));
	const char *at = q->text;

	while (*at) {
		bool is_uids = !strncmp(at, "uids=", 5), is_gids = !strncmp(at, "gids=", 5);
		flat_str *text = is_uids ? &m->uids : &m->gids;
		struct container_map c = { 0 };
		struct ranges r = { .n = 0 };
		int ret;

		if ((!is_uids && !is_gids) || *text)
			return rl_refuse(b->e, q->where,
					 "a mapping is written uids=...;gids=..., each once");
		if (own) {
			c.maps = is_uids ? l->uid_mappings : l->gid_mappings;
			c.n = is_uids ? l->n_uid_mappings : l->n_gid_mappings;
		}
		at += 5;
		ret = read_ranges(b, q->where, &at, &c, &r);
		if (ret == 0)
			ret = idmap_plan(r.list, r.n, q->where, b->f, text, b->e);
		if (ret < 0)
			return ret;
		if (*at && *at++ != ';')
			return rl_refuse(b->e, q->where, "\"%s\" is behind a mapping", at - 1);
	}
	if (!m->uids || !m->gids)
		return rl_refuse(b->e, q->where, "a mapping needs both uids=... and gids=...");
	return 0;
}

static int plan_members(struct rootfs_build *b, const struct mountmap_request *q,
			struct rootfs_idmap *m)
{
	char key[RL_ERR_WHERE];
	int r;

	snprintf(key, sizeof(key), "%s.%s", q->members, q->n_gids ? "uidMappings" : "gidMappings");
	if (!q->n_uids || !q->n_gids)
		return rl_refuse(b->e, key, "is missing: uidMappings and gidMappings go together");
	r = idmap_plan(q->uids, q->n_uids, key, b->f, &m->uids, b->e);
	snprintf(key, sizeof(key), "%s.gidMappings", q->members);
	return r < 0 ? r : idmap_plan(q->gids, q->n_gids, key, b->f, &m->gids, b->e);
}

/* Nothing is said: the files look in the container as they would on a host. */
static int plan_container(struct rootfs_build *b, const struct mountmap_request *q,
			  struct rootfs_idmap *m)
{
	const struct oci_namespace *n = lookup_namespace(b->c->linux_, "user");
	const struct oci_linux *l = b->c->linux_;
	int r;

	if (!n)
		return rl_refuse(b->e, q->where,
				 "idmap without uidMappings and gidMappings takes those of the "
				 "container's user namespace, and there is none");
	if (!is_new(n)) {
		m->path = flat_add_str(b->f, n->path);
		return 0;
	}
	if (!l->n_uid_mappings || !l->n_gid_mappings)
		return rl_refuse(b->e, q->where,
				 "idmap needs linux.uidMappings and linux.gidMappings, or mappings "
				 "of its own");
	r = idmap_plan(l->uid_mappings, l->n_uid_mappings, "linux.uidMappings", b->f, &m->uids,
		       b->e);
	return r < 0 ? r :
		       idmap_plan(l->gid_mappings, l->n_gid_mappings, "linux.gidMappings", b->f,
				  &m->gids, b->e);
}

static bool same(const void *base, flat_str a, flat_str b)
{
	return a && b ? !strcmp(flat_get_str(base, a), flat_get_str(base, b)) : a == b;
}

/* Each mapping costs a process and a namespace: equal ones are one. */
static int find_or_add(struct rootfs_build *b, const struct rootfs_idmap *m, uint32_t *ret)
{
	int r;

	if (flat_failed(b->f))
		return rl_fail(b->e, flat_failed(b->f), "plan the file tree");
	for (size_t i = 0; i < b->n_idmaps; i++) {
		const struct rootfs_idmap *o = &b->idmaps[i];

		if (same(b->f->data, o->uids, m->uids) && same(b->f->data, o->gids, m->gids) &&
		    same(b->f->data, o->path, m->path)) {
			*ret = (uint32_t)i + 1;
			return 0;
		}
	}
	r = rootfs_build_idmap(b, m);
	if (r == 0)
		*ret = (uint32_t)b->n_idmaps;
	return r;
}

int mountmap_plan(struct rootfs_build *b, const struct mountmap_request *q, uint32_t *ret)
{
	struct rootfs_idmap m = { .where = flat_add_str(b->f, q->where), .fd = -1 };
	bool members = q->n_uids || q->n_gids;
	int r;

	if (q->text && members)
		return rl_refuse(b->e, q->where,
				 "a mapping stands both here and in uidMappings and gidMappings");
	r = q->text ? plan_text(b, q, &m) :
	    members ? plan_members(b, q, &m) :
		      plan_container(b, q, &m);
	return r < 0 ? r : find_or_add(b, &m, ret);
}

/* The annotation for a root whose files have the ids of a host: "idmap", "ridmap=uids=...". */
int mountmap_root(struct rootfs_build *b, const struct oci_config *c)
{
	struct mountmap_request q = { .where = annotation_rootfs_idmap_where };
	const char *value = annotations_get(c, annotation_rootfs_idmap);

	if (!value)
		return 0;
	b->p->idmap_tree = *value == 'r';
	value += b->p->idmap_tree;
	if (strncmp(value, "idmap", 5) || (value[5] && value[5] != '='))
		return rl_refuse(b->e, annotation_rootfs_idmap_where,
				 "is \"idmap\" or \"ridmap\", or one of them with a mapping: "
				 "idmap=uids=...;gids=...");
	if (value[5])
		q.text = value + 6;
	return mountmap_plan(b, &q, &b->p->idmap);
}

/* "0 100000 65536\n" as "0-100000-65536" */
static void put_ranges(char *buf, size_t size, const char *name, const char *text)
{
	size_t len = strlen(buf);

	len += (size_t)snprintf(buf + len, size - len, "%s=", name);
	for (; *text && len + 1 < size; text++)
		if (*text != '\n' || text[1])
			buf[len++] = (char)(*text == ' ' ? '-' : *text == '\n' ? '#' : *text);
	if (len < size)
		buf[len] = 0;
}

void mountmap_words(const void *base, const struct rootfs_plan *p, uint32_t idmap, char *buf,
		    size_t size)
{
	const struct rootfs_idmap *m = flat_get(base, p->idmaps.off);

	m += idmap - 1;
	*buf = 0;
	if (m->path) {
		snprintf(buf, size, "userns=%s", flat_get_str(base, m->path));
		return;
	}
	put_ranges(buf, size, "uids", flat_get_str(base, m->uids));
	put_ranges(buf, size, ";gids", flat_get_str(base, m->gids));
}
