/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the mounts of the configuration: what each one is, and what it may not be. */
#include "base/auto.h"
#include "base/fault.h"
#include "libocispec/ocispec.h"
#include "rootfs/mountlabel.h"
#include "rootfs/mountmap.h"
#include "rootfs/mountopt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * A mount on or below /proc can forge what the runtime and others trust there (CVE-2019-16884,
 * CVE-2025-52881). These are what lxcfs and its kin put their own files on.
 */
static const char *const proc_files[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/crypto/fips_enabled",
};

/* Types whose mount point must be an ordinary directory, reached by no symlink (CVE-2019-19921). */
static const char *const exact_types[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2" };

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return true;
	return false;
}

/* The mount that is planned, with what it needs besides. */
struct one {
	struct rootfs_build *b;
	const struct oci_mount *c;
	struct rootfs_mount m;
	struct mountopt o;
	char dest[ROOTFS_PATH_MAX];
	char where[48]; /* mounts[7] */
	char key[64];   /* mounts[7].source, see key() */
};

static const char *key(struct one *w, const char *member)
{
	snprintf(w->key, sizeof(w->key), "%s.%s", w->where, member);
	return w->key;
}

static int refuse(struct one *w, const char *member, const char *text)
{
	return rl_refuse(w->b->e, key(w, member), "%s", text);
}

static void set_attributes(struct one *w)
{
	mountopt_attrs(w->o.set, w->o.clear, &w->m.attr_set, &w->m.attr_clear);
	mountopt_attrs(w->o.rec_set, w->o.rec_clear, &w->m.rec_set, &w->m.rec_clear);
	memcpy(w->m.propagation, w->o.propagation, sizeof(w->m.propagation));
	w->m.no_follow_source = w->o.no_follow_source;
	w->m.no_follow_dest = w->o.no_follow_dest;
}

/* A bind mount has no file system of its own: what would change the file system is refused. */
static int check_no_params(struct one *w, const char *what)
{
	if (w->o.first_param)
		return rl_refuse(w->b->e, key(w, "options"), "\"%s\" is no option of %s",
				 w->o.first_param, what);
	if (w->o.set & MOUNTOPT_SB_FLAGS)
		return rl_refuse(
			w->b->e, key(w, "options"),
			"sync, dirsync, lazytime, mand, iversion and silent belong to a file "
			"system: %s cannot set them",
			what);
	return 0;
}

/* No mount on or below /proc but procfs itself and a few files. */
static int check_proc(struct one *w)
{
	bool is_new_proc = w->m.kind == ROOTFS_MOUNT_NEW && !strcmp(w->c->type, "proc");
	const bool is_below = rootfs_build_is_below(w->dest, "/proc");

	if ((!is_below && strcmp(w->dest, "/proc")) || fault_is_weak("proc_place"))
		return 0;
	w->m.on_proc = true;
	if (is_below) {
		if (is_one_of(w->dest, proc_files, RL_COUNT(proc_files)))
			return 0;
		return rl_refuse(w->b->e, key(w, "destination"),
				 "\"%s\" is in /proc, where only a few files may be mounted over "
				 "(cpuinfo, meminfo, stat, uptime and the like)",
				 w->dest);
	}
	if (!is_new_proc && w->m.kind == ROOTFS_MOUNT_NEW)
		return rl_refuse(w->b->e, key(w, "type"), "only procfs may be mounted on /proc");
	w->m.exact = true;
	w->m.is_procfs = w->m.kind == ROOTFS_MOUNT_TREE;
	return 0;
}

/* What idmap, ridmap, uidMappings and gidMappings ask for: the members alone are as idmap. */
static int plan_idmap(struct one *w)
{
	const struct mountmap_request q = {
		.where = key(w, "options"),
		.members = w->where,
		.text = w->o.idmap_text,
		.uids = w->c->uid_mappings,
		.n_uids = w->c->n_uid_mappings,
		.gids = w->c->gid_mappings,
		.n_gids = w->c->n_gid_mappings,
	};

	if (!w->o.idmap && !q.n_uids && !q.n_gids)
		return 0;
	w->m.idmap_tree = w->o.idmap_tree;
	return mountmap_plan(w->b, &q, &w->m.idmap);
}

/*
 * /sys in a user namespace, where it cannot be mounted: below it are the host's cgroups, some of
 * which are the caller's. "ro" is for them, too (CVE-2023-25809).
 */
static void seal_sys(struct one *w)
{
	if (w->b->facts->user_namespace && w->m.recursive && w->m.attr_set & MOUNT_ATTR_RDONLY &&
	    !strcmp(w->dest, "/sys") && !fault_is_weak("sys_below"))
		w->m.rec_set |= MOUNT_ATTR_RDONLY;
}

static int plan_tree(struct one *w)
{
	int r;

	if (w->o.copy_up)
		return refuse(w, "options", "tmpcopyup is for a tmpfs, not for a bind mount");
	r = check_no_params(w, "a bind mount");
	if (r < 0)
		return r;
	r = rootfs_build_host_path(w->b, key(w, "source"), w->c->source, &w->m.source);
	if (r < 0)
		return r;
	w->m.kind = ROOTFS_MOUNT_TREE;
	w->m.recursive = w->o.recursive;
	w->m.copy_symlink = w->o.copy_symlink;
	set_attributes(w);
	seal_sys(w);
	return plan_idmap(w);
}

/*
 * fsconfig(2) takes strings of up to 255 bytes, and has no name for some flags: such a mount is
 * made by mount(2).
 */
static int choose_call(struct one *w, const char *source)
{
	int r;

	w->m.legacy = w->o.long_param || strlen(source) > MOUNTOPT_STRING_MAX ||
		      (w->o.set & MOUNTOPT_SB_LEGACY);
	if (w->m.legacy && w->m.idmap)
		return refuse(
			w, "options",
			"iversion, silent and parameters longer than 255 bytes do not go with "
			"idmap");
	if (w->m.legacy) {
		w->m.sb_flags = w->o.set & MOUNTOPT_SB_FLAGS;
		return mountopt_join(w->b, key(w, "options"), &w->o,
				     MOUNTOPT_DATA_MAX -
					     (w->m.inherit_mode ? strlen(",mode=7777") : 0),
				     &w->m.data);
	}
	r = mountopt_add_flags(w->b, key(w, "options"), &w->o);
	/* A read-only device cannot be mounted but read-only. A tmpfs is filled first. */
	if (r == 0 && (w->o.set & MS_RDONLY) && strcmp(w->c->type, "tmpfs"))
		r = mountopt_add(w->b, key(w, "options"), &w->o, "ro", NULL);
	return r;
}

/* On a mount without anything below it, the words for whole trees are the plain ones. */
static void merge_recursive(struct mountopt *o)
{
	o->set = (o->set & ~o->rec_clear) | o->rec_set;
	o->clear = (o->clear & ~o->rec_set) | o->rec_clear;
	o->rec_set = 0;
	o->rec_clear = 0;
}

static int plan_new(struct one *w)
{
	const char *source = w->c->source && *w->c->source ? w->c->source : w->c->type;
	int r;

	if (!w->c->type || !*w->c->type)
		return refuse(w, "type", "is missing, and the options have neither bind nor rbind");
	if (strlen(w->c->type) > MOUNTOPT_STRING_MAX || strlen(source) >= ROOTFS_PATH_MAX)
		return refuse(w, "type", "the type or the source is too long");
	if (w->o.copy_up && strcmp(w->c->type, "tmpfs"))
		return refuse(w, "options", "tmpcopyup is for a tmpfs only");
	if (w->o.no_follow_source || w->o.copy_symlink)
		return refuse(w, "options",
			      "src-nofollow and copy-symlink are for a bind mount only");
	merge_recursive(&w->o);
	set_attributes(w);
	w->m.kind = ROOTFS_MOUNT_NEW;
	w->m.exact = is_one_of(w->c->type, exact_types, RL_COUNT(exact_types));
	r = plan_idmap(w);
	if (r < 0)
		return r;
	if (!strcmp(w->c->type, "cgroup"))
		return w->m.idmap ? refuse(w, "options", "cgroups cannot map ids") : 0;
	w->m.bind_sysfs = !strcmp(w->c->type, "sysfs") && w->b->facts->user_namespace &&
			  !w->b->facts->network_namespace;
	w->m.inherit_mode = !strcmp(w->c->type, "tmpfs") && !w->o.has_mode;
	r = mountlabel_add(w->b, key(w, "options"), w->c->type, &w->o, &w->m.label);
	if (r < 0)
		return r;
	r = choose_call(w, source);
	if (r < 0)
		return r;
	w->m.type = flat_add_str(w->b->f, w->c->type);
	w->m.source = flat_add_str(w->b->f, source);
	w->m.copy_up = w->o.copy_up;
	return 0;
}

/*
 * remount: other attributes for the mount that is there. Without "bind", the parameters and flags
 * of its file system too; "ro" and "rw" stay a matter of this one mount, because the file system
 * may be shared with the host (sysfs, cgroup).
 */
static int plan_remount(struct one *w)
{
	int r;

	if (w->o.copy_up || w->o.no_follow_source || w->o.copy_symlink)
		return refuse(w, "options",
			      "tmpcopyup, src-nofollow and copy-symlink do not go with remount");
	if (w->o.idmap || w->c->n_uid_mappings || w->c->n_gid_mappings)
		return refuse(w, "options",
			      "the ids of a mount can be mapped only while it is attached nowhere: "
			      "not with remount");
	if (w->o.set & MOUNTOPT_SB_LEGACY)
		return refuse(w, "options", "iversion and silent do not go with remount");
	if (w->o.long_param)
		return rl_refuse(w->b->e, key(w, "options"),
				 "with remount, a parameter may have %d "
				 "bytes",
				 MOUNTOPT_STRING_MAX);
	r = w->o.bind ? check_no_params(w, "a bind mount") :
			mountopt_add_flags(w->b, key(w, "options"), &w->o);
	if (r < 0)
		return r;
	w->m.kind = ROOTFS_MOUNT_REMOUNT;
	set_attributes(w);
	return 0;
}

static int plan_kind(struct one *w)
{
	bool is_bind = w->o.bind || (w->c->type && !strcmp(w->c->type, "bind"));

	if (w->o.remount)
		return plan_remount(w);
	return is_bind ? plan_tree(w) : plan_new(w);
}

static int plan_one(struct one *w)
{
	int r;

	r = rootfs_build_path(w->b, key(w, "destination"), w->c->destination, w->dest);
	if (r < 0)
		return r;
	if (!strcmp(w->dest, "/"))
		return refuse(w, "destination", "a mount on the root itself is not possible");
	r = mountopt_parse(w->b, key(w, "options"), w->c->options, w->c->n_options, &w->o);
	if (r < 0)
		return r;
	r = plan_kind(w);
	if (r < 0)
		return r;
	r = check_proc(w);
	if (r < 0)
		return r;
	w->m.where = flat_add_str(w->b->f, w->where);
	if (w->m.kind == ROOTFS_MOUNT_NEW && !strcmp(w->c->type, "cgroup"))
		return cgroupmount_plan(w->b, &w->m, w->dest, &w->o);
	w->m.dest = flat_add_str(w->b->f, w->dest);
	w->m.params = flat_add_list(w->b->f, w->m.legacy ? NULL : w->o.params,
				    w->m.legacy ? 0 : w->o.n_params, sizeof(w->o.params[0]));
	return rootfs_build_mount(w->b, &w->m);
}

static void note_shared(struct rootfs_build *b, const struct rootfs_mount *m)
{
	for (size_t i = 0; i < RL_COUNT(m->propagation); i++)
		if (m->propagation[i] & MS_SHARED)
			b->p->has_shared = true;
}

int mounts_plan(struct rootfs_build *b, const struct oci_config *c)
{
	if (c->n_mounts > ROOTFS_MOUNTS_MAX)
		return rl_refuse(b->e, "mounts", "has more than %d entries", ROOTFS_MOUNTS_MAX);
	for (size_t i = 0; i < c->n_mounts; i++) {
		struct one w = { .b = b, .c = c->mounts[i], .m = { .fd = -1 } };
		int r;

		snprintf(w.where, sizeof(w.where), "mounts[%zu]", i);
		r = plan_one(&w);
		if (r < 0)
			return r;
		note_shared(b, &w.m);
	}
	return 0;
}
