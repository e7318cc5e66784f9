/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hides the masked paths and makes the read-only paths read-only.
 *
 * What hides is made by us or checked on the host, never taken from the image (CVE-2025-31133): one
 * empty read-only tmpfs for all directories, and the host's null device for all files. The first
 * path gets the mount itself and each further one a clone, because kernels before 6.15 clone only
 * what is attached.
 */
#include "os/guest.h"
#include "rootfs/inroot.h"
#include "rootfs/mountcall.h"
#include "rootfs/mounts.h"
#include "rootfs/rootfs.h"

struct cover {
	const char *label; /* SELinux context, or NULL */
	int fd;
	int used; /* it is attached: further places get clones */
};

static int put_cover(struct cover *c, int to)
{
	int fd, r;

	if (!c->used) {
		r = mountcall_move(c->fd, to);
		c->used = r == 0;
		return r;
	}
	fd = mountcall_clone(c->fd, "", 0);
	if (fd < 0)
		return fd;
	r = mountcall_move(fd, to);
	sys_close(fd);
	return r;
}

/* An empty read-only tmpfs: one inode for its root, and one that some patched kernels want. */
static int make_empty(const char *label)
{
	const uint64_t attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int fs = mountcall_fsopen("tmpfs");
	int fd = -1, r = fs < 0 ? fs : 0;

	if (r == 0)
		r = mountcall_config(fs, "nr_blocks", "1");
	if (r == 0)
		r = mountcall_config(fs, "nr_inodes", "2");
	if (r == 0)
		r = mountcall_config(fs, "mode", "555");
	if (r == 0 && label)
		r = mountcall_config(fs, "context", label);
	if (r == 0)
		r = mountcall_command(fs, FSCONFIG_CMD_CREATE);
	if (r == 0)
		fd = r = mountcall_fsmount(fs, attributes);
	if (fs >= 0)
		sys_close(fs);
	return r < 0 ? r : fd;
}

static int cover_directory(struct cover *c, int to)
{
	if (c->fd < 0)
		c->fd = make_empty(c->label);
	return c->fd < 0 ? c->fd : put_cover(c, to);
}

/* Missing paths need no mask. */
static int is_missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

/*
 * Where a path leads: from the root, and in the mount of the plan that it lies below. This is one
 * place, unless somebody who can change the image exchanges names in it meanwhile and leads the
 * path elsewhere (CVE-2019-19921): then both are covered. A symlink in the mount may lead out of
 * it: there the way from the root decides alone.
 */
struct places {
	int fd[2]; /* -1: none */
	struct statx st[2];
};

static void close_places(const struct places *l)
{
	for (int i = 0; i < 2; i++)
		if (l->fd[i] >= 0)
			sys_close(l->fd[i]);
}

static int is_same(const struct statx *a, const struct statx *b)
{
	return a->stx_mnt_id == b->stx_mnt_id && a->stx_ino == b->stx_ino;
}

/* Whether the name in the mount is the place that the root leads to. */
static int is_name_of(int mount, const char *name, const struct statx *place)
{
	struct statx st;

	for (const char *c = name; *c; c++)
		if (*c == '/')
			return 0;
	return mountcall_stat_name(mount, name, &st) == 0 && is_same(&st, place);
}

/* Open one way to a place. Where it leads nowhere, fd stays -1. */
static int open_place(struct places *l, int way, int fd)
{
	int r;

	if (fd < 0)
		return is_missing(fd) || (way == 1 && fd == -ELOOP) ? 0 : fd;
	l->fd[way] = fd;
	r = mountcall_stat(fd, &l->st[way]);
	if (r == 0 && way == 1 && l->fd[0] >= 0 && is_same(&l->st[0], &l->st[1])) {
		sys_close(fd);
		l->fd[way] = -1;
	}
	return r;
}

static int open_places(const struct guest *g, const struct rootfs_plan *p, const char *path,
		       struct places *l)
{
	const char *rest = NULL;
	int mount = mounts_held(g, p, path, &rest);
	int r = open_place(l, 0, inroot_open(g->root_fd, path, 0));

	/* Mostly both are one, and a look is enough. */
	if (r < 0 || mount < 0 || (l->fd[0] >= 0 && is_name_of(mount, rest, &l->st[0])))
		return r;
	return open_place(l, 1, inroot_open(mount, rest, INROOT_EXACT));
}

static int mask(struct cover *dirs, struct cover *files, int to, const struct statx *st)
{
	return (st->stx_mode & S_IFMT) == S_IFDIR ? cover_directory(dirs, to) :
						    put_cover(files, to);
}

static int make_readonly(int to)
{
	int fd = mountcall_clone(to, "", AT_RECURSIVE);
	int r = fd;

	if (fd >= 0) {
		r = mountcall_set(fd, MOUNT_ATTR_RDONLY, 0, AT_RECURSIVE);
		if (r == 0)
			r = mountcall_move(fd, to);
		sys_close(fd);
	}
	return r;
}

/* Cover what the path leads to; without covers, make it read-only. */
static int apply(struct guest *g, const struct rootfs_plan *p, const struct rootfs_path *m,
		 struct cover *dirs, struct cover *files)
{
	const char *path = flat_get_str(g->base, m->path);
	struct places l = { .fd = { -1, -1 } };
	int r = open_places(g, p, path, &l);

	for (int i = 0; i < 2 && r == 0; i++)
		if (l.fd[i] >= 0)
			r = dirs ? mask(dirs, files, l.fd[i], &l.st[i]) : make_readonly(l.fd[i]);
	close_places(&l);
	return r < 0 ? guest_fail(g, r, m->where, dirs ? "mask" : "make read-only", path) : 0;
}

int masks_apply(struct guest *g, const struct rootfs_plan *p)
{
	struct cover dirs = { .fd = -1 }, files = { .fd = p->null_fd };
	int r = 0;

	if (SYS_WEAK(masks))
		return 0;
	if (SYS_WEAK(mask_source))
		files.fd = mountcall_clone(g->root_fd, "dev/null", 0);
	if (p->label && p->label_works)
		dirs.label = flat_get_str(g->base, p->label);
	FLAT_EACH(g->base, p->readonly_paths, const struct rootfs_path, m) {
		if (r == 0)
			r = apply(g, p, m, NULL, NULL);
	}
	FLAT_EACH(g->base, p->masked, const struct rootfs_path, m) {
		if (r == 0)
			r = apply(g, p, m, &dirs, &files);
	}
	if (dirs.fd >= 0)
		sys_close(dirs.fd);
	mounts_let_go(g, p);
	return r;
}
