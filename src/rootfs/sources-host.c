/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens on the host's side what the container's file tree is made of: detached clones of the root,
 * of the sources of bind mounts, of device nodes. Their attributes and propagation are set while
 * they are attached nowhere, so that they never exist in the container with wrong ones.
 *
 * A clone starts in the peer group of its original: mounts made in the container would appear on
 * the host. So each clone first gets the propagation of the container's root (a slave, if nothing
 * is said), then its own words. Only rootfsPropagation "shared" leaves bind mounts in the peer
 * group. The root itself always leaves it: what is mounted while the container is made is none of
 * the host's business; "shared" gives it a peer group of its own.
 */
#include "rootfs/rootfs.h"

#include "base/auto.h"
#include "base/err.h"
#include "os/fdio.h"
#include "os/inside.h"
#include "os/mountapi.h"
#include "os/pathwhy.h"
#include "rootfs/mountmap.h"
#include "rootfs/mountopt.h"
#include "rootfs/newtree.h"
#include "spec/annotations.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define PROC_ROOT_INO 1

/* The propagation that every clone of a host's mount starts with; 0: stay a peer of the original.
 */
static uint64_t first_propagation(uint32_t root)
{
	if (root & MS_SHARED)
		return 0;
	return root & MS_SLAVE ? MS_SLAVE : MS_PRIVATE;
}

static int set_root_propagation(const struct rootfs_plan *p)
{
	struct mountapi_change c = { .propagation = first_propagation(p->propagation) };
	int r;

	if (!(p->propagation & MS_SHARED))
		return mountapi_change(p->root_fd, &c, true);
	c.propagation = MS_SLAVE;
	r = mountapi_change(p->root_fd, &c, true);
	if (r < 0)
		return r;
	c.propagation = MS_SHARED;
	return mountapi_change(p->root_fd, &c, p->propagation & MS_REC);
}

static int map_root(const void *base, const struct rootfs_plan *p, const char *path,
		    struct rl_err *e)
{
	const struct mountmap_target t = {
		.fd = p->root_fd,
		.idmap = p->idmap,
		.tree = p->idmap_tree,
		.where = annotation_rootfs_idmap_where,
		.path = path,
	};

	return p->idmap ? mountmap_apply(base, p, &t, e) : 0;
}

static int open_root(const void *base, struct rootfs_plan *p, struct rl_err *e)
{
	const char *path = flat_get_str(base, p->path);
	struct stat st;
	int r;

	r = mountapi_clone(path, true, false);
	if (r < 0) {
		rl_fail_at(e, r, "root.path", "open \"%s\"", path);
		pathwhy_hint(path, r, e);
		return r;
	}
	p->root_fd = r;
	if (fstat(p->root_fd, &st) < 0)
		return rl_fail_at(e, -errno, "root.path", "look at \"%s\"", path);
	if (!S_ISDIR(st.st_mode))
		return rl_refuse(e, "root.path", "\"%s\" is not a directory", path);
	r = set_root_propagation(p);
	if (r < 0)
		return rl_fail_at(e, r, "linux.rootfsPropagation",
				  "set the propagation of the mount of \"%s\"", path);
	return map_root(base, p, path, e);
}

/* Whether nothing is left of what was before it: it can be set at once. */
static bool forgets_all(uint64_t word)
{
	return word == (MS_PRIVATE | MS_REC) || word == (MS_UNBINDABLE | MS_REC);
}

/* Set what is different from the source: first for the whole tree, then for its top, then words. */
static int change_tree(const struct rootfs_plan *p, const struct rootfs_mount *m)
{
	const bool at_once = forgets_all(m->propagation[0]);
	const struct mountapi_change tree = {
		.set = m->rec_set,
		.clear = m->rec_clear,
		.propagation =
			at_once ? m->propagation[0] & ~MS_REC : first_propagation(p->propagation),
	};
	const struct mountapi_change top = { .set = m->attr_set, .clear = m->attr_clear };
	int r = 0;

	if (tree.set || tree.clear || tree.propagation)
		r = mountapi_change(m->fd, &tree, true);
	if (r == 0 && (top.set || top.clear))
		r = mountapi_change(m->fd, &top, false);
	for (size_t i = at_once; i < RL_COUNT(m->propagation) && m->propagation[i] && r == 0; i++) {
		const struct mountapi_change word = { .propagation = m->propagation[i] & ~MS_REC };

		r = mountapi_change(m->fd, &word, m->propagation[i] & MS_REC);
	}
	return r;
}

/* Which attribute it was that may not be taken away from the source. */
static void refuse_locked(const struct rootfs_mount *m, const char *where, const char *source,
			  struct rl_err *e)
{
	static const uint64_t attrs[] = {
		MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID,     MOUNT_ATTR_NODEV,       MOUNT_ATTR_NOEXEC,
		MOUNT_ATTR__ATIME, MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NOSYMFOLLOW,
	};

	for (size_t i = 0; i < RL_COUNT(attrs); i++) {
		const struct rootfs_mount one = {
			.attr_set = m->attr_set & attrs[i] & MOUNT_ATTR__ATIME,
			.attr_clear = m->attr_clear & attrs[i],
			.rec_set = m->rec_set & attrs[i] & MOUNT_ATTR__ATIME,
			.rec_clear = m->rec_clear & attrs[i],
		};
		const struct mountapi_change top = { .set = one.attr_set, .clear = one.attr_clear };
		const struct mountapi_change tree = { .set = one.rec_set, .clear = one.rec_clear };
		char words[64];

		if ((!top.clear || mountapi_change(m->fd, &top, false) != -EPERM) &&
		    (!tree.clear || mountapi_change(m->fd, &tree, true) != -EPERM))
			continue;
		mountopt_words(&one, words, sizeof(words));
		rl_refuse(
			e, where,
			"\"%s\" is not possible: the mount of \"%s\" is locked without it in this "
			"user namespace",
			words, source);
		return;
	}
}

static int map_tree(const void *base, const struct rootfs_plan *p, const struct rootfs_mount *m,
		    const char *where, struct rl_err *e)
{
	const struct mountmap_target t = {
		.fd = m->fd,
		.idmap = m->idmap,
		.tree = m->idmap_tree,
		.where = where,
		.path = flat_get_str(base, m->source),
	};

	return m->idmap ? mountmap_apply(base, p, &t, e) : 0;
}

/* A bind mount on /proc must be procfs, from its root (CVE-2019-16884). */
static bool is_procfs_root(int fd, const struct stat *st)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	       st->st_ino == PROC_ROOT_INO;
}

static int open_tree_of(const void *base, const struct rootfs_plan *p, struct rootfs_mount *m,
			struct rl_err *e)
{
	const char *source = flat_get_str(base, m->source);
	char where[RL_ERR_WHERE];
	struct stat st;
	int r;

	snprintf(where, sizeof(where), "%s.source", flat_get_str(base, m->where));
	r = mountapi_clone(source, m->recursive, m->no_follow_source);
	if (r == -ENOENT && m->optional)
		return 0;
	if (r == -EINVAL) {
		rl_fail_at(e, r, where, "clone the mount of \"%s\"", source);
		rl_hint(e,
			"an unbindable mount, or one with mounts on it that may not be uncovered, "
			"cannot be bound without \"rbind\"");
		return r;
	}
	if (r < 0) {
		rl_fail_at(e, r, where, "open \"%s\"", source);
		pathwhy_hint(source, r, e);
		return r;
	}
	m->fd = r;
	if (fstat(m->fd, &st) < 0)
		return rl_fail_at(e, -errno, where, "look at \"%s\"", source);
	m->is_file = !S_ISDIR(st.st_mode);
	if (m->is_procfs && !is_procfs_root(m->fd, &st))
		return rl_refuse(e, where,
				 "\"%s\" is not procfs: nothing else may be mounted on /proc",
				 source);
	snprintf(where, sizeof(where), "%s.options", flat_get_str(base, m->where));
	r = change_tree(p, m);
	if (r == -EPERM)
		refuse_locked(m, where, source, e);
	if (r < 0)
		rl_fail_at(e, r, where, "set the options of the mount of \"%s\"", source);
	return r < 0 ? r : map_tree(base, p, m, where, e);
}

/* A symlink that is to be made anew in the container: its descriptor, not a mount of it. */
static void open_symlink(const void *base, struct rootfs_mount *m)
{
	const char *source = flat_get_str(base, m->source);
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, source, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return; /* bound as any other source, or an error then */
	m->is_link = true;
	m->fd = RL_TAKE_FD(fd);
}

/*
 * In a user namespace sysfs belongs to the owner of the network namespace, which may be the host.
 * Then the container gets the host's, read-only and without what is mounted in it: that may be
 * cgroups that could be written to (CVE-2023-25809). In a user namespace we may not uncover what is
 * below these mounts, and they become read-only too.
 */
static int open_sysfs(const void *base, const struct rootfs_plan *p, struct rootfs_mount *m,
		      struct rl_err *e)
{
	const struct mountapi_change c = {
		.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.propagation = first_propagation(p->propagation),
	};
	int r = mountapi_clone("/sys", false, false);

	if (r == -EINVAL)
		r = mountapi_clone("/sys", true, false);
	if (r >= 0) {
		m->fd = r;
		r = mountapi_change(m->fd, &c, true);
	}
	if (r < 0)
		return rl_fail_at(e, r, flat_get_str(base, m->where),
				  "clone \"/sys\" of the host, for a container without a network "
				  "namespace of its own");
	return 0;
}

static int open_mount(const void *base, const struct rootfs_plan *p, struct rootfs_mount *m,
		      struct rl_err *e)
{
	if (m->kind == ROOTFS_MOUNT_NEW && m->idmap)
		return newtree_make(base, p, m, e);
	if (m->bind_sysfs)
		return open_sysfs(base, p, m, e);
	if (m->kind != ROOTFS_MOUNT_TREE)
		return 0;
	if (m->copy_symlink)
		open_symlink(base, m);
	return m->is_link ? 0 : open_tree_of(base, p, m, e);
}

static bool is_device(int fd, const struct rootfs_device *d)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == (d->mode & S_IFMT) &&
	       st.st_rdev == makedev(d->major, d->minor);
}

/* Where the host has the device with these numbers: sysfs tells. Returns 0 or a negative errno. */
static int find_node(const struct rootfs_device *d, char *path, size_t size)
{
	char file[64], text[4096];
	const char *name;
	int r;

	snprintf(file, sizeof(file), "/sys/dev/%s/%u:%u/uevent",
		 (d->mode & S_IFMT) == S_IFBLK ? "block" : "char", d->major, d->minor);
	r = fdio_read_at(AT_FDCWD, file, text, sizeof(text));
	if (r < 0)
		return r;
	name = strstr(text, "DEVNAME=");
	if (!name)
		return -ENODEV;
	name += strlen("DEVNAME=");
	snprintf(path, size, "/dev/%.*s", (int)strcspn(name, "\n"), name);
	return 0;
}

/* -ENODEV: there is something else at the path. */
static int clone_device(struct rootfs_device *d, const char *path)
{
	rl_autoclose int fd = mountapi_clone(path, false, false);

	if (fd < 0)
		return fd;
	if (!is_device(fd, d))
		return -ENODEV;
	d->fd = RL_TAKE_FD(fd);
	return 0;
}

/*
 * In a user namespace nobody may make device nodes: clone the host's, from the same path, or from
 * where the host has that device.
 */
static int open_device(const void *base, struct rootfs_device *d, struct rl_err *e)
{
	const char *path = flat_get_str(base, d->path);
	const char *where = flat_get_str(base, d->where);
	char found[4096];
	int r;

	if ((d->mode & S_IFMT) == S_IFIFO || d->must_exist)
		return 0;
	r = clone_device(d, path);
	if (r == -ENODEV || r == -ENOENT) {
		r = find_node(d, found, sizeof(found));
		if (r == 0)
			r = clone_device(d, found);
	}
	if (r == 0)
		return 0;
	return rl_fail_at(e, r, where, "find the host's node of the device %u:%u for \"%s\"",
			  d->major, d->minor, path);
}

/*
 * The mask of files. Checked, because it is what hides them (CVE-2025-31133). Read-only: what is
 * written to the device goes nowhere, but its mode, owner and times are the host's, and could be
 * changed by who has the host's ids.
 */
static int open_null(struct rootfs_plan *p, struct rl_err *e)
{
	const struct mountapi_change c = { .set = MOUNT_ATTR_RDONLY };
	const struct rootfs_device null = { .mode = S_IFCHR, .major = 1, .minor = 3 };
	int r = mountapi_clone("/dev/null", false, true);

	if (r < 0)
		return rl_fail(e, r, "open \"/dev/null\" of the host");
	p->null_fd = r;
	if (!is_device(p->null_fd, &null))
		return rl_whole(e, -ENODEV, "\"/dev/null\" of the host is not the null device");
	r = mountapi_change(p->null_fd, &c, false);
	return r < 0 ? rl_fail(e, r, "make the masks of files read-only") : 0;
}

static int open_mounts(void *base, struct rootfs_plan *p, struct rl_err *e)
{
	FLAT_EACH(base, p->mounts, struct rootfs_mount, m) {
		int r = open_mount(base, p, m, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int open_all(void *base, struct rootfs_plan *p, struct rl_err *e)
{
	int r = open_root(base, p, e);

	if (r == 0)
		r = open_mounts(base, p, e);
	if (r < 0)
		return r;
	FLAT_EACH(base, p->devices, struct rootfs_device, d) {
		r = p->in_userns ? open_device(base, d, e) : 0;
		if (r < 0)
			return r;
	}
	return open_null(p, e);
}

/* --- where it is done --- */

struct work {
	int (*run)(void *base, struct rootfs_plan *p, struct rl_err *e);
	void *base;
	struct rootfs_plan *p;
	struct rl_err *e;
};

static int work_run(void *context)
{
	const struct work *w = context;

	return w->run(w->base, w->p, w->e);
}

/*
 * Nobody may clone mounts of a mount namespace that is not his. But its copy in a new user
 * namespace is, a clone is good for any other mount namespace, and a process in there still has
 * the caller's ids, for which directories of his own are no obstacle.
 */
static int open_where_allowed(const struct work *w)
{
	int r = mountmap_open(w->base, w->p, w->e);

	if (r < 0)
		return r;
	if (!w->p->open_in)
		return work_run((void *)(uintptr_t)w);
	r = inside_run(w->p->open_in, work_run, (void *)(uintptr_t)w);
	if (r == 0 || w->e->code)
		return r;
	rl_fail(w->e, r, "make namespaces in which to open the root and the sources of mounts");
	if (r == -EPERM || r == -ENOSPC)
		rl_hint(w->e,
			"a user without root's rights needs user namespaces: a sysctl "
			"(user.max_user_namespaces, kernel.unprivileged_userns_clone), a policy or "
			"a container around us may forbid them");
	return r;
}

int sources_open_mounts(void *base, struct rootfs_plan *p, struct rl_err *e)
{
	return open_where_allowed(&(struct work){ open_mounts, base, p, e });
}

int sources_open(void *base, struct rootfs_plan *p, struct rl_err *e)
{
	return open_where_allowed(&(struct work){ open_all, base, p, e });
}

void sources_close(void *base, struct rootfs_plan *p)
{
	FLAT_EACH(base, p->mounts, struct rootfs_mount, m)
		auto_close(&m->fd);
	FLAT_EACH(base, p->devices, struct rootfs_device, d)
		auto_close(&d->fd);
	mountmap_close(base, p);
	auto_close(&p->root_fd);
	auto_close(&p->null_fd);
}
