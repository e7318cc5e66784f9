/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of the container: attaches the tree that the host side cloned, and makes it the root of
 * the mount namespace.
 */
#include "os/guest.h"
#include "os/guestkey.h"
#include "rootfs/mountcall.h"
#include "rootfs/mounts.h"
#include "rootfs/rootfs.h"

#define MNT_DETACH 2
#define DEPTH_MAX  4096 /* directories from a path up to its mount's root */
#define LAYERS_MAX 64   /* mounts on top of each other */

static int fail(struct guest *g, const struct rootfs_plan *p, long r, const char *verb)
{
	return guestkey_fail(g, r, "root.path", verb, flat_get_str(g->base, p->path));
}

/*
 * Nothing that happens in the new namespace may reach the host: it becomes a slave at most. What
 * rootfsPropagation "shared" is to share are the bind mounts, and these are cloned from the host's
 * own ones (see sources-host.c).
 */
int root_private(struct guest *g, const struct rootfs_plan *p)
{
	const uint32_t slave = p->propagation & (MS_SHARED | MS_SLAVE) ? MS_SLAVE : MS_PRIVATE;
	int r = mountcall_propagate_at(AT_FDCWD, "/", slave | MS_REC);

	return r < 0 ? guest_fail(g, r, 0, "set the propagation of the mount on", "/") : 0;
}

/*
 * A namespace that is joined keeps its propagation, but the mount that gets the root must not pass
 * that on: it becomes a slave. Takes `fd` over.
 */
static int stop_sharing(int fd)
{
	int r = 0;

	for (int i = 0; i < DEPTH_MAX && r == 0; i++) {
		struct statx st;
		int parent;

		r = mountcall_stat(fd, &st);
		if (r < 0 || st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
			break;
		parent = (int)sys_openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		sys_close(fd);
		fd = parent;
		r = fd < 0 ? fd : 0;
	}
	if (r == 0)
		r = mountcall_propagate(fd, MS_SLAVE);
	if (fd >= 0)
		sys_close(fd);
	return r;
}

/* Whether the place is the directory that HOST found by this path: 1 or 0, or a negative errno. */
static int is_same(const struct rootfs_plan *p, int place)
{
	struct statx ours, theirs;
	int r = mountcall_stat(p->root_fd, &ours);

	if (r == 0)
		r = mountcall_stat(place, &theirs);
	if (r < 0)
		return r;
	return ours.stx_ino == theirs.stx_ino && ours.stx_dev_major == theirs.stx_dev_major &&
	       ours.stx_dev_minor == theirs.stx_dev_minor;
}

static int open_directory(const char *path)
{
	return (int)sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/*
 * The tree goes where it is on the host, so that hooks find it there. In a user namespace that path
 * may be closed to us (0700 directories of root): then it goes on top of "/", from where it becomes
 * the root as well.
 */
static int open_place(struct guest *g, const struct rootfs_plan *p)
{
	int fd = open_directory(flat_get_str(g->base, p->path));

	return fd == -EACCES ? open_directory("/") : fd;
}

/* Whether the place is the root of our namespace: 1 or 0, or a negative errno. */
static int is_top(int place)
{
	struct statx here, top;
	int fd = open_directory("/");
	int r = fd < 0 ? fd : mountcall_stat(fd, &top);

	if (fd >= 0)
		sys_close(fd);
	if (r == 0)
		r = mountcall_stat(place, &here);
	if (r < 0)
		return r;
	return here.stx_mnt_id == top.stx_mnt_id && here.stx_ino == top.stx_ino;
}

static int refuse_place(struct guest *g, const char *why)
{
	return guestkey_whole(g, -EINVAL, "root.path", why);
}

/*
 * In a namespace that is joined the path may lead elsewhere, as in one that is a container's. And
 * a mount on top of "/" is where each ".." of who lives there leads that arrives at "/".
 */
static int check_joined_place(struct guest *g, const struct rootfs_plan *p, int place)
{
	int r = place == -ENOENT || place == -ENOTDIR ? 0 : place;

	if (place >= 0)
		r = is_same(p, place);
	if (r == 0)
		return refuse_place(g, "the mount namespace that is joined has another directory "
				       "there, or none: it has a root of its own");
	if (r > 0)
		r = is_top(place);
	if (r > 0) {
		guestkey_hint(g,
			      "the root is mounted at its own path, and on top of \"/\" it would "
			      "get into the way of who lives there: give the bundle a directory "
			      "of its own");
		return refuse_place(g, "leads to \"/\" of the mount namespace that is joined");
	}
	if (r == 0)
		r = stop_sharing((int)sys_openat(place, ".", O_PATH | O_CLOEXEC, 0));
	return r < 0 ? fail(g, p, r, "find a place for the root") : 0;
}

int root_attach(struct guest *g, const struct rootfs_plan *p)
{
	int to = p->joined ? open_directory(flat_get_str(g->base, p->path)) : open_place(g, p);
	int r = p->joined ? check_joined_place(g, p, to) : to;

	if (r >= 0)
		r = mountcall_move(p->root_fd, to);
	if (to >= 0)
		sys_close(to);
	if (r < 0)
		return fail(g, p, r, "attach the root");
	g->root_fd = p->root_fd;
	return 0;
}

/*
 * The old root lands on top of the new one and is let go from there. It is made a slave first, or
 * letting it go would unmount the mounts of the host with it.
 */
static int let_go(int old)
{
	int r = mountcall_propagate(old, MS_SLAVE | MS_REC);

	if (r == 0)
		r = (int)SYS_1(__NR_fchdir, old);
	if (r == 0)
		r = (int)SYS_2(__NR_umount2, SYS_P("."), MNT_DETACH);
	return r;
}

/* pivot_root(2) takes no shared mounts: the root is a slave for the moment. */
static int pivot(struct guest *g, const struct rootfs_plan *p)
{
	int old = open_directory("/");
	int r = old < 0 ? old : (int)SYS_1(__NR_fchdir, g->root_fd);

	if (r == 0 && p->propagation & MS_SHARED)
		r = mountcall_propagate(g->root_fd, MS_SLAVE);
	if (r == 0)
		r = (int)SYS_2(__NR_pivot_root, SYS_P("."), SYS_P("."));
	if (r == 0)
		r = let_go(old);
	if (r == 0 && p->propagation & MS_SHARED)
		r = mountcall_propagate(g->root_fd, MS_SHARED);
	if (old >= 0)
		sys_close(old);
	return r;
}

/* Whether the path is the root of a mount; one that is missing is none. Or a negative errno. */
static int is_mount(const char *path)
{
	struct statx st;
	int fd = (int)sys_openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	int r = fd < 0 ? fd : mountcall_stat(fd, &st);

	if (fd >= 0)
		sys_close(fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/*
 * Without pivot_root the old tree stays below the new one: with an unmasked proc or sys in it, a
 * user namespace in the container could mount these anew without our masks. Take them away, or
 * where they are locked, cover them.
 */
static int hide(const char *path)
{
	int r = is_mount(path);

	for (int i = 0; i < LAYERS_MAX && r > 0; i++) {
		r = (int)SYS_2(__NR_umount2, SYS_P(path), MNT_DETACH);
		if (r == 0)
			r = is_mount(path);
	}
	if (r == -EINVAL || r == -EPERM)
		r = mountcall_mount("tmpfs", path, "tmpfs",
				    MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "nr_blocks=1");
	return r > 0 ? -EBUSY : r;
}

static int hide_all(void)
{
	int r = hide("/proc");

	return r == 0 ? hide("/sys") : r;
}

int root_enter(int fd)
{
	int r = (int)SYS_1(__NR_fchdir, fd);

	return r == 0 ? (int)SYS_1(__NR_chroot, SYS_P(".")) : r;
}

static int move_and_chroot(struct guest *g)
{
	int r = hide_all();

	if (r == 0)
		r = (int)SYS_1(__NR_fchdir, g->root_fd);
	if (r == 0)
		r = mountcall_mount(".", "/", NULL, MS_MOVE, NULL);
	if (r == -ELOOP) /* it is on top of "/" already: see open_place() */
		r = 0;
	return r == 0 ? root_enter(g->root_fd) : r;
}

int root_pivot(struct guest *g, const struct rootfs_plan *p)
{
	const char *verb = "pivot the root to";
	int r;

	if (p->joined) {
		/* Others live there, whose root pivot_root(2) would change. Some capabilities lead
		 * out of this one: see withheld_caps() in security-plan.c. */
		verb = "change the root to";
		r = root_enter(g->root_fd);
	} else if (p->no_pivot) {
		verb = "move to / and change the root to";
		r = move_and_chroot(g);
	} else {
		r = pivot(g, p);
	}
	if (r == 0)
		r = (int)SYS_1(__NR_chdir, SYS_P("/"));
	return r < 0 ? fail(g, p, r, verb) : 0;
}

int root_seal(struct guest *g, const struct rootfs_plan *p)
{
	int r = mounts_seal(g, p);

	if (r < 0)
		return r;
	if (p->readonly)
		r = mountcall_set(g->root_fd, MOUNT_ATTR_RDONLY, 0, 0);
	if (r == 0 && p->propagation & MS_UNBINDABLE)
		r = mountcall_propagate(g->root_fd, MS_UNBINDABLE);
	return r < 0 ? fail(g, p, r, "make read-only or unbindable the root") : 0;
}
