/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds mounts to a container that exists, and takes mounts off. Its processes may be around and
 * change the tree meanwhile: all is done by descriptor, and what was attached is taken off again by
 * the descriptor of the mount, wherever it is by then.
 */
#include "os/guest.h"
#include "os/guestkey.h"
#include "rootfs/inroot.h"
#include "rootfs/mountcall.h"
#include "rootfs/mounts.h"

#define MNT_DETACH 2
#define LAYERS_MAX 64 /* mounts that others put on top of ours */

/* Unmount the mount that fd is open on; if one is on top of it, that one. -EINVAL: it is no mount
 * of this namespace (any more). */
static int unmount(struct guest *g, int fd)
{
	char path[40] = "self/fd/";
	long r = SYS_1(__NR_fchdir, g->proc_fd);

	sys_decimal(path + sys_strlen(path), (uint64_t)fd);
	if (r == 0)
		r = SYS_2(__NR_umount2, SYS_P(path), MNT_DETACH);
	SYS_1(__NR_fchdir, g->root_fd);
	return (int)r;
}

/* Take off what is attached of these, newest first. */
static void take_back(struct guest *g, const int *fds, unsigned int n)
{
	while (n--) {
		int r = fds[n] < 0 ? -EINVAL : 0;

		for (int i = 0; i < LAYERS_MAX && r == 0; i++)
			r = unmount(g, fds[n]);
		if (r != -EINVAL)
			guestkey_hint(g, "what was mounted before it is still there");
	}
}

static int seal(struct guest *g, const struct rootfs_plan *p, const int *fds)
{
	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		int r = m->late_readonly ? mountcall_set(*fds, MOUNT_ATTR_RDONLY, 0, 0) : 0;

		if (r < 0)
			return guest_fail(g, r, m->where, "make read-only the mount on",
					  flat_get_str(g->base, m->dest));
		fds++;
	}
	return 0;
}

static int look_at_root(struct guest *g, struct statx *ret)
{
	int r = mountcall_stat(g->root_fd, ret);

	return r < 0 ? guest_fail(g, r, 0, "look at the container's root", NULL) : 0;
}

/*
 * Whether the mount is one of those that hide or protect these paths. The planner compares the
 * paths themselves, but those of the configuration may lead through a symlink of the image.
 */
static int is_one_of(struct guest *g, struct flat_list paths, const struct statx *mount)
{
	int is = 0;

	FLAT_EACH(g->base, paths, const struct rootfs_path, p) {
		int fd = inroot_open(g->root_fd, flat_get_str(g->base, p->path), 0);
		struct statx st;

		if (fd < 0)
			continue;
		is |= mountcall_stat(fd, &st) < 0 || st.stx_mnt_id == mount->stx_mnt_id;
		sys_close(fd);
	}
	return is;
}

static int is_cover(struct guest *g, const struct rootfs_plan *p, const struct statx *st)
{
	return st->stx_attributes & STATX_ATTR_MOUNT_ROOT &&
	       (is_one_of(g, p->masked, st) || is_one_of(g, p->readonly_paths, st));
}

static const char covers[] = "it hides or protects a masked or read-only path";

/* Nothing is mounted on such a one; what is not there yet is none. */
static int check_place(struct guest *g, const struct rootfs_plan *p, const struct rootfs_mount *m)
{
	const char *dest = flat_get_str(g->base, m->dest);
	int fd = inroot_open(g->root_fd, dest, m->no_follow_dest ? INROOT_NO_FOLLOW : 0);
	struct statx st;
	int r;

	if (fd < 0)
		return 0;
	r = mountcall_stat(fd, &st);
	sys_close(fd);
	if (r == 0 && is_cover(g, p, &st)) {
		guestkey_hint(g, covers);
		r = -EPERM;
	}
	return r < 0 ? guest_fail(g, r, m->where, "mount on", dest) : 0;
}

int livemounts_add(struct guest *g, const struct rootfs_plan *p)
{
	int fds[ROOTFS_LIVE_MAX];
	unsigned int n = 0, umask = mountcall_umask(0);
	struct statx root;
	int r = look_at_root(g, &root);

	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		if (r == 0)
			r = check_place(g, p, m);
		if (r == 0)
			r = mounts_attach_one(g, p, m, &root, &fds[n++]);
	}
	if (r == 0)
		r = seal(g, p, fds);
	if (r < 0)
		take_back(g, fds, n);
	mountcall_umask(umask);
	return r;
}

/*
 * Open the mount at a place. No symlink may lead there: it could be made by the container, and
 * choose another mount.
 */
static int open_mount(struct guest *g, const struct rootfs_plan *plan, const struct rootfs_path *p,
		      const struct statx *root)
{
	const char *path = flat_get_str(g->base, p->path);
	int fd = inroot_open(g->root_fd, path, INROOT_EXACT);
	struct statx st;
	int r = fd < 0 ? fd : mountcall_stat(fd, &st);

	if (r < 0 && fd >= 0)
		sys_close(fd);
	if (r == -ELOOP && !g->err->code)
		guestkey_hint(g, "it leads through a symlink: give the path that it leads to");
	if (r < 0)
		return guest_fail(g, r, p->where, "find the mount on", path);
	r = -EINVAL;
	if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT && st.stx_mnt_id != root->stx_mnt_id)
		r = is_cover(g, plan, &st) ? -EPERM : 0;
	if (r == 0)
		return fd;
	sys_close(fd);
	guestkey_hint(g, r == -EPERM ? covers : "there is no mount at this place");
	return guest_fail(g, r, p->where, "unmount", path);
}

static int remove_one(struct guest *g, const struct rootfs_plan *plan, const struct rootfs_path *p,
		      const struct statx *root)
{
	int fd = open_mount(g, plan, p, root);
	int r = fd < 0 ? fd : unmount(g, fd);

	if (fd < 0)
		return fd;
	sys_close(fd);
	return r < 0 ? guest_fail(g, r, p->where, "unmount", flat_get_str(g->base, p->path)) : 0;
}

/*
 * What is unmounted cannot be put back: a mount of the same tree would be another one, without the
 * peers and the open files of the first. So all are looked for before anything is done, and a
 * mistake in the list leaves all as it is; and who reads the error knows what is gone, by the
 * order.
 */
int livemounts_remove(struct guest *g, const struct rootfs_plan *p)
{
	const struct rootfs_path *list = flat_get(g->base, p->unmounts.off);
	struct statx root;
	int r = look_at_root(g, &root);

	for (uint32_t i = 0; i < p->unmounts.n && r == 0; i++) {
		r = open_mount(g, p, &list[i], &root);
		if (r >= 0)
			r = (int)sys_close(r);
	}
	for (uint32_t i = p->unmounts.n; i-- > 0 && r == 0;) {
		r = remove_one(g, p, &list[i], &root);
		if (r < 0 && i + 1 < p->unmounts.n)
			guestkey_hint(g, "what comes after it in the list is unmounted");
	}
	return r;
}
