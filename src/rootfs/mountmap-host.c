/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps the ids of mounts while they are attached nowhere: the kernel allows it only then, and only
 * to who may mount the file system itself. So it is done here and not in the container.
 */
#include "rootfs/mountmap.h"

#include "base/auto.h"
#include "os/libc.h"
#include "os/mountapi.h"
#include "os/mountinfo.h"
#include "os/nsfile.h"
#include "os/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <linux/mount.h>

static int open_one(const void *base, const struct rootfs_idmap *m, struct rl_err *e)
{
	const char *path = flat_get_str(base, m->path), *where = flat_get_str(base, m->where);
	int fd;

	if (path) {
		fd = nsfile_open(path);
		return fd < 0 ? rl_fail_at(e, fd, where, "open the user namespace \"%s\"", path) :
				fd;
	}
	fd = userns_make(flat_get_str(base, m->uids), flat_get_str(base, m->gids));
	if (fd < 0) {
		rl_fail_at(e, fd, where, "make a user namespace that maps the ids");
		if (fd == -EPERM)
			rl_hint(e, "the host ids of the mapping must be ours to give: rundlet "
				   "needs CAP_SETUID and CAP_SETGID, and in a user namespace the "
				   "ids must be mapped in it");
	}
	return fd;
}

int mountmap_open(void *base, struct rootfs_plan *p, struct rl_err *e)
{
	FLAT_EACH(base, p->idmaps, struct rootfs_idmap, m) {
		int fd = open_one(base, m, e);

		if (fd < 0)
			return fd;
		m->fd = fd;
	}
	return 0;
}

void mountmap_close(void *base, struct rootfs_plan *p)
{
	FLAT_EACH(base, p->idmaps, struct rootfs_idmap, m)
		auto_close(&m->fd);
}

/* Whether this one mount is what cannot be mapped. */
static bool is_refused(const char *point, const struct mountapi_change *c)
{
	rl_autoclose int fd = mountapi_clone(point, false, false);

	return fd >= 0 && mountapi_change(fd, c, false) < 0;
}

/* The mount that refused, and its file system: the source's own, or one below it. */
static int refuse_mount(const struct mountmap_target *t, const struct mountapi_change *c,
			struct rl_err *e)
{
	rl_autofree char *text = NULL, *real = realpath(t->path, NULL);
	struct mountinfo m;
	struct span rest;
	struct statx st;

	if (!real || mountinfo_read(&text) < 0 ||
	    statx(AT_FDCWD, real, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0)
		return -EINVAL;
	rest = span_of(text);
	while (mountinfo_next(&rest, &m)) {
		bool own = m.id == st.stx_mnt_id;
		bool below = t->tree && rootfs_build_is_below(m.point, real);

		if ((own || below) && is_refused(own ? real : m.point, c))
			return rl_refuse(e, t->where,
					 "the file system %.*s of the mount \"%s\" cannot map ids",
					 (int)m.type.len, m.type.at, m.point);
	}
	return -EINVAL;
}

int mountmap_apply(const void *base, const struct rootfs_plan *p, const struct mountmap_target *t,
		   struct rl_err *e)
{
	const struct rootfs_idmap *m = flat_get(base, p->idmaps.off);
	const struct mountapi_change c = {
		.set = MOUNT_ATTR_IDMAP,
		.userns_fd = m[t->idmap - 1].fd,
	};
	int r = mountapi_change(t->fd, &c, t->tree);

	if (r >= 0)
		return 0;
	if (r == -EINVAL && !t->path)
		return rl_refuse(e, t->where, "the file system %s cannot map ids", t->type);
	if (r == -EINVAL)
		refuse_mount(t, &c, e);
	rl_fail_at(e, r, t->where, "map the ids of \"%s\"", t->path ? t->path : t->type);
	if (r == -EPERM)
		rl_hint(e,
			"only who may mount the file system may map its ids, by a user namespace "
			"that is not the file system's own; and a mount that maps ids already "
			"cannot get another mapping");
	return r;
}
