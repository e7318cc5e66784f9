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
#include "rootfs/rootfs.h"

struct cover {
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
static int make_empty(void)
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
		c->fd = make_empty();
	return c->fd < 0 ? c->fd : put_cover(c, to);
}

/* Missing paths need no mask. */
static int is_missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

static int mask(struct guest *g, struct cover *dirs, struct cover *files, const char *path)
{
	struct statx st;
	int to = inroot_open(g->root_fd, path, 0);
	int r;

	if (to < 0)
		return is_missing(to) ? 0 : to;
	r = mountcall_stat(to, &st);
	if (r == 0)
		r = (st.stx_mode & S_IFMT) == S_IFDIR ? cover_directory(dirs, to) :
							put_cover(files, to);
	sys_close(to);
	return r;
}

static int make_readonly(struct guest *g, const char *path)
{
	int to = inroot_open(g->root_fd, path, 0);
	int fd, r;

	if (to < 0)
		return is_missing(to) ? 0 : to;
	fd = r = mountcall_clone(to, "", AT_RECURSIVE);
	if (fd >= 0) {
		r = mountcall_set(fd, MOUNT_ATTR_RDONLY, 0, AT_RECURSIVE);
		if (r == 0)
			r = mountcall_move(fd, to);
		sys_close(fd);
	}
	sys_close(to);
	return r;
}

int masks_apply(struct guest *g, const struct rootfs_plan *p)
{
	struct cover dirs = { .fd = -1 }, files = { .fd = p->null_fd };
	int r = 0;

	FLAT_EACH(g->base, p->readonly_paths, const struct rootfs_path, m) {
		const char *path = flat_get_str(g->base, m->path);

		r = make_readonly(g, path);
		if (r < 0) {
			guest_fail(g, r, m->where, "make read-only", path);
			break;
		}
	}
	FLAT_EACH(g->base, p->masked, const struct rootfs_path, m) {
		const char *path = flat_get_str(g->base, m->path);

		if (r < 0)
			break;
		r = mask(g, &dirs, &files, path);
		if (r < 0)
			guest_fail(g, r, m->where, "mask", path);
	}
	if (dirs.fd >= 0)
		sys_close(dirs.fd);
	return r;
}
