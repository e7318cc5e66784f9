/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes device nodes and the links of /dev. The image's /dev may be a symlink or hold anything: all
 * is done in directories that were opened inside the root, and what is there is looked at, never
 * followed (CVE-2026-47766, CVE-2026-88264).
 */
#include "os/guest.h"
#include "os/guestkey.h"
#include "rootfs/inroot.h"
#include "rootfs/mountcall.h"
#include "rootfs/rootfs.h"

/* The directory used last: nearly always /dev. */
struct dir {
	const char *path; /* a path in it */
	size_t len;       /* of the directory's part, with its "/" */
	int fd;
};

static int open_dir(struct guest *g, struct dir *d, const char *path, const char **ret_name)
{
	size_t len = sys_strlen(path), i = 0;

	while (len && path[len - 1] != '/')
		len--;
	while (d->fd >= 0 && d->len == len && i < len && d->path[i] == path[i])
		i++;
	if (d->fd >= 0 && d->len == len && i == len) {
		*ret_name = path + len;
		return 0;
	}
	if (d->fd >= 0)
		sys_close(d->fd);
	d->path = path;
	d->len = len;
	d->fd = inroot_parent(g->root_fd, path, 0, ret_name);
	return d->fd < 0 ? d->fd : 0;
}

static int open_node(int dir, const char *name)
{
	return (int)sys_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* 0 if fd is open on this device, else -EEXIST. */
static int check_node(int fd, const struct rootfs_device *d)
{
	struct statx st;
	int r = mountcall_stat(fd, &st);

	if (r < 0 || SYS_WEAK(nodes))
		return r;
	if ((st.stx_mode & S_IFMT) != (d->mode & S_IFMT))
		return -EEXIST;
	if ((d->mode & S_IFMT) == S_IFIFO)
		return 0;
	return st.stx_rdev_major == d->major && st.stx_rdev_minor == d->minor ? 0 : -EEXIST;
}

/* What is there already must be this device; it is left as it is. */
static int check_existing(int dir, const char *name, const struct rootfs_device *d)
{
	int fd = open_node(dir, name);
	int r = fd < 0 ? fd : check_node(fd, d);

	if (fd >= 0)
		sys_close(fd);
	return r;
}

static int make_node(int dir, const char *name, const struct rootfs_device *d)
{
	int r = (int)SYS_4(__NR_mknodat, dir, SYS_P(name), d->mode,
			   mountcall_device(d->major, d->minor));
	int fd;

	if (r == -EEXIST)
		return check_existing(dir, name, d);
	if (r < 0 || (!d->uid && !d->gid))
		return r;
	fd = open_node(dir, name);
	if (fd < 0)
		return fd;
	r = check_node(fd, d);
	if (r == 0)
		r = (int)SYS_5(__NR_fchownat, fd, SYS_P(""), d->uid, d->gid, AT_EMPTY_PATH);
	sys_close(fd);
	return r;
}

/*
 * A container that was made of this root before has left an empty file: it is mounted on again for
 * a default device. For one of linux.devices that is an error (config-linux.md#devices).
 */
static int bind_existing(int fd, const struct rootfs_device *d)
{
	struct statx st;
	int r = mountcall_stat(fd, &st);

	if (r == 0 && !d->where && (st.stx_mode & S_IFMT) == S_IFREG && !st.stx_size)
		return mountcall_move(d->fd, fd);
	return r < 0 ? r : check_node(fd, d);
}

/* Put the clone of the host's node on an empty file. */
static int bind_node(int dir, const char *name, const struct rootfs_device *d)
{
	const int place = SYS_WEAK(node_place) ? 0 : O_EXCL | O_NOFOLLOW;
	int fd = SYS_WEAK(node_place) ? -ENOENT : open_node(dir, name);
	int r;

	if (fd >= 0) {
		r = bind_existing(fd, d);
		sys_close(fd);
		return r;
	}
	if (fd != -ENOENT)
		return fd;
	fd = (int)sys_openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | place, 0600);
	if (fd < 0)
		return fd;
	r = mountcall_move(d->fd, fd);
	sys_close(fd);
	return r;
}

static int make_device(struct guest *g, const struct rootfs_plan *p, struct dir *dir,
		       const struct rootfs_device *d)
{
	const char *path = flat_get_str(g->base, d->path);
	const char *name;
	int r = open_dir(g, dir, path, &name);
	int bind = p->in_userns && (d->mode & S_IFMT) != S_IFIFO;

	if (r == 0)
		r = d->must_exist ? check_existing(dir->fd, name, d) :
		    bind          ? bind_node(dir->fd, name, d) :
				    make_node(dir->fd, name, d);
	if (r == 0 || g->err->code)
		return r;
	if (r == -EEXIST)
		guestkey_hint(g, "what is there is not this device: remove it from the image");
	return guest_fail(g, r, d->where, "make the device", path);
}

/*
 * 0 if the link may stay as it is: it is ours, or the device that it is to lead to; -EEXIST if
 * something else is there.
 */
static int check_link(int dir, const char *name, const char *target)
{
	const struct rootfs_device ptmx = { .mode = S_IFCHR, .major = 5, .minor = 2 };
	char text[64];
	long n = SYS_4(__NR_readlinkat, dir, SYS_P(name), SYS_P(text), sizeof(text) - 1);

	if (n == -EINVAL) /* no symlink */
		return check_existing(dir, name, &ptmx);
	if (n < 0)
		return (int)n;
	text[n] = 0;
	return sys_streq(text, target) ? 0 : -EEXIST;
}

static int place_link(int dir, const char *name, const struct rootfs_link *l, const char *target)
{
	int r = (int)SYS_3(__NR_symlinkat, SYS_P(target), dir, SYS_P(name));

	if (r != -EEXIST || !l->replace)
		return r == -EEXIST ? 0 : r;
	r = check_link(dir, name, target);
	if (r != -EEXIST)
		return r;
	r = (int)SYS_3(__NR_unlinkat, dir, SYS_P(name), 0);
	return r < 0 ? r : (int)SYS_3(__NR_symlinkat, SYS_P(target), dir, SYS_P(name));
}

/* The place looked for last: most links lead to the same. */
struct seen {
	char path[64];
	int result;
};

/*
 * -ENOENT where a link would lead nowhere. Of /proc/self/fd only /proc/self is looked for: this is
 * there for everybody, but leads nowhere for who is not in the pid namespace of this proc, as the
 * guest is not if one is joined.
 */
static int look_for(struct guest *g, struct seen *seen, const char *target)
{
	unsigned int slashes = 0;
	struct seen now;
	size_t n;
	int fd;

	for (n = 0; n < sizeof(now.path) - 1 && target[n]; n++) {
		slashes += target[n] == '/';
		if (slashes > 2)
			break;
		now.path[n] = target[n];
	}
	now.path[n] = 0;
	if (sys_streq(now.path, seen->path))
		return seen->result;
	fd = inroot_open(g->root_fd, now.path, INROOT_NO_FOLLOW);
	if (fd >= 0)
		sys_close(fd);
	now.result = fd < 0 ? fd : 0;
	*seen = now;
	return now.result;
}

static int make_link(struct guest *g, struct dir *dir, struct seen *seen,
		     const struct rootfs_link *l)
{
	const char *path = flat_get_str(g->base, l->path);
	const char *target = flat_get_str(g->base, l->target);
	const char *name;
	int r = *target == '/' ? look_for(g, seen, target) : 0;

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = open_dir(g, dir, path, &name);
	if (r == 0)
		r = place_link(dir->fd, name, l, target);
	return r < 0 ? guest_fail(g, r, 0, "make the link", path) : 0;
}

int devices_make(struct guest *g, const struct rootfs_plan *p)
{
	const unsigned int umask = mountcall_umask(0);
	struct dir dir = { .fd = -1 };
	struct seen seen = { "", 0 };
	int r = 0;

	FLAT_EACH(g->base, p->devices, const struct rootfs_device, d) {
		r = make_device(g, p, &dir, d);
		if (r < 0)
			break;
	}
	FLAT_EACH(g->base, p->links, const struct rootfs_link, l) {
		if (r == 0)
			r = make_link(g, &dir, &seen, l);
	}
	if (dir.fd >= 0)
		sys_close(dir.fd);
	mountcall_umask(umask);
	return r;
}
