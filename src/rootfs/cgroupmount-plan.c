/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans a mount of type "cgroup": the container sees the hierarchies that this host has.
 *
 * With a cgroup namespace they are mounted anew (the namespace makes the container's own cgroup
 * their root); without one, the container's own directory of each is bound, so that it sees no
 * other's. Version 1 and hybrid: a tmpfs with one directory for each hierarchy.
 */
#include "base/auto.h"
#include "rootfs/mountlabel.h"

#include <stdio.h>
#include <string.h>

#include <linux/mount.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One word of "a,b,c" at *at, which moves behind it; false at the end. */
static bool next_word(const char **at, char *word, size_t size)
{
	size_t n;

	*at += strspn(*at, ",");
	n = strcspn(*at, ",");
	if (!n)
		return false;
	snprintf(word, size, "%.*s", (int)n, *at);
	*at += n;
	return true;
}

/* Mount version 1 anew: its controllers, or its name, are the parameters. */
static int add_v1_params(struct rootfs_build *b, const char *where,
			 const struct cgroupfs_hierarchy *h, struct mountopt *o)
{
	const char *at = h->controllers;
	bool has_controller = false;
	char word[256];
	int r = 0;

	while (r == 0 && next_word(&at, word, sizeof(word))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = 0;
		if (value && strcmp(word, "name"))
			continue; /* release_agent and the like stay the host's */
		has_controller = has_controller || !value;
		r = mountopt_add(b, where, o, word, value);
	}
	if (r == 0 && !has_controller)
		r = mountopt_add(b, where, o, "none", NULL);
	return r;
}

/*
 * Whether one mount(2) can make it in the tmpfs of plan_base(), which is read-only later: nothing
 * but attributes is asked for.
 */
static bool is_plain(const struct rootfs_mount *m)
{
	return m->attr_set & MOUNT_ATTR_RDONLY && !m->rec_set && !m->rec_clear &&
	       !m->propagation[0] && !m->idmap;
}

/* in_base: below the tmpfs of plan_base(). */
static int plan_hierarchy(struct rootfs_build *b, const struct rootfs_mount *m, const char *dest,
			  const struct cgroupfs_hierarchy *h, bool in_base)
{
	const char *path = b->facts->cgroup_path ? b->facts->cgroup_path : h->own;
	const char *where = "mounts";
	struct rootfs_mount one = *m;
	struct mountopt o = { 0 };
	int r;

	one.dest = flat_add_str(b->f, dest);
	if (!b->facts->cgroup_namespace) {
		one.kind = ROOTFS_MOUNT_TREE;
		one.source = flat_add_fmt(b->f, "%s%s%s", h->mount, *path == '/' ? "" : "/", path);
		one.optional = in_base;
		return rootfs_build_mount(b, &one);
	}
	one.kind = ROOTFS_MOUNT_NEW;
	one.type = flat_add_str(b->f, h->v2 ? "cgroup2" : "cgroup");
	one.source = flat_add_str(b->f, "cgroup");
	r = h->v2 ? 0 : add_v1_params(b, where, h, &o);
	if (r < 0)
		return r;
	one.in_late = in_base && is_plain(m);
	if (one.in_late)
		r = mountopt_join(b, where, &o, MOUNTOPT_DATA_MAX, &one.data);
	else
		one.params = flat_add_list(b->f, o.params, o.n_params, sizeof(o.params[0]));
	return r < 0 ? r : rootfs_build_mount(b, &one);
}

/* /sys/fs/cgroup/cpu -> cpu,cpuacct: each controller is found by its own name. */
static int plan_links(struct rootfs_build *b, const char *dest, const struct cgroupfs_hierarchy *h)
{
	const char *name = base_name(h->mount);
	const char *at = h->controllers;
	char word[256], path[ROOTFS_PATH_MAX + 256];
	int r = 0;

	while (r == 0 && next_word(&at, word, sizeof(word))) {
		if (strchr(word, '=') || strchr(word, '/') || !strcmp(word, name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dest, word);
		r = rootfs_build_link(b, path, name, false);
	}
	return r;
}

/* The tmpfs that holds the directories of the hierarchies. */
static int plan_base(struct rootfs_build *b, const struct rootfs_mount *m, const char *dest)
{
	struct rootfs_mount base = *m;
	struct mountopt o = { 0 };
	int r = mountopt_add(b, "mounts", &o, "mode", "755");

	if (r == 0)
		r = mountlabel_add(b, "mounts", "tmpfs", &o, &base.label);
	if (r < 0)
		return r;

	base.kind = ROOTFS_MOUNT_NEW;
	base.dest = flat_add_str(b->f, dest);
	base.type = flat_add_str(b->f, "tmpfs");
	base.source = flat_add_str(b->f, "cgroup");
	base.params = flat_add_list(b->f, o.params, o.n_params, sizeof(o.params[0]));
	return rootfs_build_mount(b, &base);
}

static int plan_v1(struct rootfs_build *b, const struct rootfs_mount *m, const char *dest)
{
	const struct cgroupfs *host = b->facts->cgroupfs;
	int r = plan_base(b, m, dest);

	for (size_t i = 0; i < host->n && r == 0; i++) {
		const struct cgroupfs_hierarchy *h = &host->h[i];
		char path[ROOTFS_PATH_MAX + 256];

		snprintf(path, sizeof(path), "%s/%s", dest, base_name(h->mount));
		r = plan_hierarchy(b, m, path, h, true);
		if (r == 0 && !h->v2)
			r = plan_links(b, dest, h);
	}
	return r;
}

int cgroupmount_plan(struct rootfs_build *b, const struct rootfs_mount *m, const char *dest,
		     const struct mountopt *o)
{
	const struct cgroupfs *host = b->facts->cgroupfs;
	const char *where = flat_failed(b->f) ? NULL : flat_get_str(b->f->data, m->where);

	if (o->first_param)
		return rl_refuse(b->e, where, "\"%s\" is no option of the type cgroup",
				 o->first_param);
	if (o->set & MOUNTOPT_SB_FLAGS)
		return rl_refuse(b->e, where,
				 "sync, dirsync, lazytime, mand, iversion and silent "
				 "are no options of the type cgroup");
	if (!host || host->mode == CGROUPFS_NONE)
		return rl_refuse(b->e, where, "this host has no cgroup file system mounted");
	if (host->mode == CGROUPFS_V2)
		return plan_hierarchy(b, m, dest, &host->h[0], false);
	return plan_v1(b, m, dest);
}
