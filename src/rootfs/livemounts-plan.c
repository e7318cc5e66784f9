/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans what is added to a container that exists, or removed: what is different from the mounts of
 * a configuration, which nobody can disturb while they are made.
 */
#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "rootfs/rootfs-build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct rootfs_build *b, size_t index, const char *member, const char *text)
{
	char where[64];

	snprintf(where, sizeof(where), "mounts[%zu].%s", index, member);
	return rl_refuse(b->e, where, "%s", text);
}

/*
 * What hides or protects must stay: no new procfs over the masked one, and no unmounting of a mask,
 * or of what masks are on.
 */
static int check_masks(struct rootfs_build *b, size_t index, const char *dest,
		       struct flat_list paths)
{
	FLAT_EACH(b->f->data, paths, const struct rootfs_path, p) {
		const char *path = flat_get_str(b->f->data, p->path);
		char where[64];

		if (strcmp(path, dest) != 0 && !rootfs_build_is_below(path, dest))
			continue;
		snprintf(where, sizeof(where), "mounts[%zu].destination", index);
		return rl_refuse(b->e, where,
				 "\"%s\" would take away what %s of the container's configuration "
				 "protects, \"%s\"",
				 dest, flat_get_str(b->f->data, p->where), path);
	}
	return 0;
}

static int check_one(struct rootfs_build *b, size_t index, const struct oci_mount *m)
{
	char where[64], dest[ROOTFS_PATH_MAX];
	int r;

	snprintf(where, sizeof(where), "mounts[%zu].destination", index);
	r = rootfs_build_path(b, where, m->destination, dest);
	if (r < 0)
		return r;
	if (!strcmp(dest, "/"))
		return refuse(b, index, "destination", "the root itself stays as it is");
	r = check_masks(b, index, dest, b->p->masked);
	return r < 0 ? r : check_masks(b, index, dest, b->p->readonly_paths);
}

int livemounts_check(struct rootfs_build *b, const struct oci_config *c)
{
	if (flat_failed(b->f))
		return rl_fail(b->e, flat_failed(b->f), "plan the mounts");
	if (!c->n_mounts)
		return rl_refuse(b->e, "mounts", "is an empty list");
	if (c->n_mounts > ROOTFS_LIVE_MAX)
		return rl_refuse(b->e, "mounts", "has more than %d entries", ROOTFS_LIVE_MAX);
	for (size_t i = 0; i < c->n_mounts; i++) {
		int r = check_one(b, i, c->mounts[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

int livemounts_check_add(struct rootfs_build *b, const struct oci_config *c)
{
	int r = livemounts_check(b, c);

	for (size_t i = 0; i < c->n_mounts && r == 0; i++)
		if (c->mounts[i]->type && !strcmp(c->mounts[i]->type, "cgroup"))
			r = refuse(b, i, "type",
				   "cgroup depends on how the container is made, and is for the "
				   "configuration only");
	return r;
}

/*
 * What could not be taken back for sure, with processes of the container around: what has no
 * descriptor, and what changes a mount that is there. And nobody may change under our hands what we
 * copy.
 */
int livemounts_plan(struct rootfs_build *b, const struct oci_config *c)
{
	(void)c;
	for (size_t i = 0; i < b->n_mounts; i++) {
		const struct rootfs_mount *m = &b->mounts[i];

		if (m->kind == ROOTFS_MOUNT_REMOUNT)
			return refuse(b, i, "options",
				      "remount changes a mount that is there: only new ones can be "
				      "added to a container that exists");
		if (m->legacy)
			return refuse(b, i, "options",
				      "a parameter or source longer than 255 bytes, iversion and "
				      "silent are for the configuration only");
		if (m->copy_up)
			return refuse(b, i, "options",
				      "tmpcopyup is for the configuration only: processes of the "
				      "container may be changing what is copied");
	}
	return 0;
}

int livemounts_plan_remove(struct rootfs_build *b, const struct oci_config *c)
{
	rl_autofree struct rootfs_path *list = calloc(c->n_mounts, sizeof(*list));

	if (!list)
		return rl_fail(b->e, -ENOMEM, "plan the mounts");
	for (size_t i = 0; i < c->n_mounts; i++) {
		char where[64], dest[ROOTFS_PATH_MAX];
		int r;

		snprintf(where, sizeof(where), "mounts[%zu].destination", i);
		r = rootfs_build_path(b, where, c->mounts[i]->destination, dest);
		if (r < 0)
			return r;
		list[i].where = flat_add_str(b->f, where);
		list[i].path = flat_add_str(b->f, dest);
	}
	b->p->unmounts = flat_add_list(b->f, list, c->n_mounts, sizeof(*list));
	return 0;
}
