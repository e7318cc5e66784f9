/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the file tree of a container: the root itself, and all parts together. */
#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "rootfs/mountopt.h"
#include "spec/lookup.h"

#include <errno.h>
#include <string.h>

#include <linux/mount.h>

static int plan_root(struct rootfs_build *b, const struct oci_config *c)
{
	int r;

	if (!c->root)
		return rl_refuse(b->e, "root", "is missing");
	r = rootfs_build_host_path(b, "root.path", c->root->path, &b->p->path);
	if (r < 0)
		return r;
	b->p->readonly = c->root->has_readonly && c->root->readonly;
	return 0;
}

/*
 * Without a word, mounts of the host appear in the container and not the other way round.
 * What each value means for the parts of the tree is said in sources-host.c.
 */
static int plan_propagation(struct rootfs_build *b, const struct oci_config *c)
{
	const char *word = c->linux_ ? c->linux_->rootfs_propagation : NULL;

	b->p->propagation = MS_SLAVE | MS_REC;
	if (word && *word)
		b->p->propagation = mountopt_propagation_flags(word);
	if (!b->p->propagation)
		return rl_refuse(b->e, "linux.rootfsPropagation",
				 "\"%s\" is none of private, shared, slave and unbindable", word);
	b->p->has_shared = (b->p->propagation & MS_SHARED) != 0;
	return 0;
}

static int plan_namespace(struct rootfs_build *b, const struct oci_config *c)
{
	const struct oci_namespace *mount = lookup_namespace(c->linux_, "mount");

	b->p->joined = mount && lookup_is_joined(mount);
	b->p->own_namespace = b->facts->mount_namespace || b->p->joined;
	if (!b->p->own_namespace)
		return rl_refuse(
			b->e, "linux.namespaces",
			"has no \"mount\": in the host's own mount namespace the mounts of the "
			"container would be made on the host, and a root that is only chroot(2) "
			"can be left");
	return 0;
}

/* Whether something is still to be made below the mount when it has its place. */
static bool is_filled_later(const struct rootfs_build *b, size_t index, const char *dest)
{
	const char *base = b->f->data;

	for (size_t i = index + 1; i < b->n_mounts; i++)
		if (rootfs_build_is_below(flat_get_str(base, b->mounts[i].dest), dest))
			return true;
	for (size_t i = 0; i < b->n_devices; i++)
		if (rootfs_build_is_below(flat_get_str(base, b->devices[i].path), dest))
			return true;
	for (size_t i = 0; i < b->n_links; i++)
		if (rootfs_build_is_below(flat_get_str(base, b->links[i].path), dest))
			return true;
	return false;
}

/* A read-only tmpfs gets its mount points, devices and links first. */
static int plan_late_readonly(struct rootfs_build *b, const struct oci_config *c)
{
	unsigned int n = 0;

	(void)c;
	for (size_t i = 0; i < b->n_mounts && !flat_failed(b->f); i++) {
		struct rootfs_mount *m = &b->mounts[i];
		const char *base = b->f->data;

		if (m->kind != ROOTFS_MOUNT_NEW || m->legacy ||
		    !(m->attr_set & MOUNT_ATTR_RDONLY) ||
		    strcmp(flat_get_str(base, m->type), "tmpfs") ||
		    !is_filled_later(b, i, flat_get_str(base, m->dest)))
			continue;
		if (++n > ROOTFS_LATE_MAX)
			return rl_refuse(b->e, "mounts",
					 "has more than %d read-only tmpfs with something in them",
					 ROOTFS_LATE_MAX);
		m->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		m->late_readonly = true;
	}
	return 0;
}

static bool has_below(const struct rootfs_build *b, const struct flat_list *paths, const char *dest)
{
	const struct rootfs_path *list = flat_get(b->f->data, paths->off);

	for (size_t i = 0; i < paths->n; i++)
		if (rootfs_build_is_below(flat_get_str(b->f->data, list[i].path), dest))
			return true;
	return false;
}

/* What is hidden below a mount is found by the mount, too: see masks-guest.c. */
static int plan_held(struct rootfs_build *b, const struct oci_config *c)
{
	unsigned int n = 0;

	(void)c;
	for (size_t i = 0; i < b->n_mounts && !flat_failed(b->f); i++) {
		struct rootfs_mount *m = &b->mounts[i];
		const char *dest = flat_get_str(b->f->data, m->dest);

		if (m->kind == ROOTFS_MOUNT_REMOUNT || m->is_link ||
		    (!has_below(b, &b->p->masked, dest) &&
		     !has_below(b, &b->p->readonly_paths, dest)))
			continue;
		if (++n > ROOTFS_HELD_MAX)
			return rl_refuse(b->e, "mounts",
					 "has more than %d entries with masked or read-only paths "
					 "below them",
					 ROOTFS_HELD_MAX);
		m->held = true;
	}
	return 0;
}

typedef int plan_part(struct rootfs_build *b, const struct oci_config *c);

/* The parts of each kind of plan, in this order; NULL ends. */
static plan_part *const parts_whole[] = { plan_namespace,
					  plan_root,
					  plan_propagation,
					  mountmap_root,
					  mountlabel_root,
					  mounts_plan,
					  devices_plan,
					  masks_plan,
					  plan_late_readonly,
					  plan_held,
					  NULL };
static plan_part *const parts_add[] = { masks_plan,         livemounts_check_add,
					plan_propagation,   mountlabel_root,
					mounts_plan,        livemounts_plan,
					plan_late_readonly, NULL };
static plan_part *const parts_remove[] = { masks_plan, livemounts_check, livemounts_plan_remove,
					   NULL };

static int plan_all(struct rootfs_build *b, const struct oci_config *c, plan_part *const *parts)
{
	for (; *parts; parts++) {
		int r = (*parts)(b, c);

		if (r < 0)
			return r;
	}
	b->p->idmaps = flat_add_list(b->f, b->idmaps, b->n_idmaps, sizeof(*b->idmaps));
	b->p->mounts = flat_add_list(b->f, b->mounts, b->n_mounts, sizeof(*b->mounts));
	b->p->devices = flat_add_list(b->f, b->devices, b->n_devices, sizeof(*b->devices));
	b->p->links = flat_add_list(b->f, b->links, b->n_links, sizeof(*b->links));
	if (flat_failed(b->f))
		return rl_fail(b->e, flat_failed(b->f), "plan the file tree");
	return 0;
}

static int plan(const struct oci_config *c, const struct rootfs_facts *facts,
		plan_part *const *parts, struct flat *f, struct rootfs_plan *ret, struct rl_err *e)
{
	struct rootfs_plan p = {
		.no_pivot = facts->no_pivot,
		.in_userns = facts->user_namespace,
		.open_in = facts->open_in,
		.root_fd = -1,
		.null_fd = -1,
	};
	rl_auto(rootfs_build_done) struct rootfs_build b = {
		.facts = facts,
		.c = c,
		.f = f,
		.p = &p,
		.e = e,
	};
	int r = plan_all(&b, c, parts);

	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

int rootfs_plan(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		struct rootfs_plan *ret, struct rl_err *e)
{
	return plan(c, facts, parts_whole, f, ret, e);
}

int rootfs_plan_add(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		    struct rootfs_plan *ret, struct rl_err *e)
{
	return plan(c, facts, parts_add, f, ret, e);
}

int rootfs_plan_remove(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		       struct rootfs_plan *ret, struct rl_err *e)
{
	return plan(c, facts, parts_remove, f, ret, e);
}
