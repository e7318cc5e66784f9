/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaches the mounts of the plan: new file systems, trees that the host side cloned, and other
 * attributes for what is there. Each is prepared while it is attached nowhere, and moved onto a
 * descriptor of its destination: no path under the container's control is resolved twice.
 */
#include "os/guestkey.h"
#include "rootfs/inroot.h"
#include "rootfs/mountone.h"
#include "rootfs/mounts.h"

#define TEXT_SIZE 320
#define DATA_SIZE 4096 /* what mount(2) takes */
#define PATH_SIZE 4096

/* The mounts with late_readonly, in the order of the plan. */
static int late[ROOTFS_LATE_MAX];
static unsigned int n_late;

/* The same for those with held. */
static int held[ROOTFS_HELD_MAX];
static unsigned int n_held;

/* The working directory that was left for mount(2), if it was. */
static int left = -1;
static int has_left;

int mounts_fail(const struct mountone *w, long r, const char *hint)
{
	char verb[TEXT_SIZE] = "mount ";

	if (hint && !w->g->err->code)
		guestkey_hint(w->g, hint);
	if (w->m->kind == ROOTFS_MOUNT_REMOUNT)
		return guest_fail(w->g, r, w->m->where, "remount", w->dest);
	sys_append(verb, sizeof(verb), w->type);
	sys_append(verb, sizeof(verb), " on");
	return guest_fail(w->g, r, w->m->where, verb, w->dest);
}

/*
 * Whether the destination is in the container's own /proc, where a symlink of the image may have
 * led it. 0, 1, or a negative errno.
 */
static int is_in_proc(const struct mountone *w)
{
	struct statx st;
	int fd, r;

	if (w->m->on_proc || SYS_WEAK(proc_place))
		return 0;
	/* Most places are in the image itself. */
	if (w->st.stx_mnt_id == w->root->stx_mnt_id)
		return 0;
	r = mountcall_is_procfs(w->to);
	if (r <= 0)
		return r;
	fd = inroot_open(w->g->root_fd, "/proc", 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = mountcall_stat(fd, &st);
	sys_close(fd);
	return r < 0 ? r : st.stx_mnt_id == w->st.stx_mnt_id;
}

static int check_destination(struct mountone *w)
{
	const int want_dir = !w->m->is_file;
	int r = mountcall_stat(w->to, &w->st);

	if (r < 0)
		return mounts_fail(w, r, NULL);
	if (want_dir && (w->st.stx_mode & S_IFMT) != S_IFDIR)
		return mounts_fail(w, -ENOTDIR,
				   "what is mounted is a directory, and the destination is none");
	if (!want_dir && (w->st.stx_mode & S_IFMT) == S_IFDIR)
		return mounts_fail(w, -EISDIR,
				   "what is mounted is no directory, and the destination is one");
	if (w->st.stx_mnt_id == w->root->stx_mnt_id && w->st.stx_ino == w->root->stx_ino)
		return mounts_fail(w, -EBUSY, "the destination is a symlink to the root itself");
	r = is_in_proc(w);
	if (r > 0)
		return mounts_fail(w, -EPERM, "the destination is a symlink into /proc");
	return r < 0 ? mounts_fail(w, r, NULL) : 0;
}

/* How much of the destination's path can be opened: "/a" of "/a/b/c". */
static size_t passable(const struct mountone *w)
{
	char path[PATH_SIZE] = "";
	size_t end = 0;

	for (size_t i = 0; i + 1 < sizeof(path); i++) {
		int fd = -1;

		if (w->dest[i] == '/' || !w->dest[i]) {
			fd = inroot_open(w->g->root_fd, path, 0);
			if (fd < 0)
				break;
			sys_close(fd);
			end = i;
		}
		if (!w->dest[i])
			break;
		path[i] = w->dest[i];
		path[i + 1] = 0;
	}
	return end;
}

/* In a user namespace root of the container is another user of the image's. */
static int fail_denied(const struct mountone *w, int r)
{
	char hint[RL_ERR_HINT] = "the directory \"";
	size_t at = sys_strlen(hint), end = passable(w);

	for (size_t i = 0; i < end && at + 1 < sizeof(hint); i++)
		hint[at++] = w->dest[i];
	hint[at] = 0;
	sys_append(hint, sizeof(hint), end ? "\"" : "/\"");
	sys_append(
		hint, sizeof(hint),
		" denies it to root of the container, who passes it and makes what is missing in it");
	return mounts_fail(w, r, hint);
}

static int open_destination(struct mountone *w)
{
	unsigned int how = (w->m->exact ? INROOT_EXACT : 0) |
			   (w->m->no_follow_dest ? INROOT_NO_FOLLOW : 0) |
			   (w->m->is_file ? INROOT_FILE : 0);

	w->to = inroot_make(w->g->root_fd, w->dest, how, &w->made);
	if (w->to == -ELOOP && w->m->exact)
		return mounts_fail(
			w, w->to,
			"the mount point must be an ordinary directory: no symlink may lead "
			"there");
	if (w->to == -EACCES)
		return fail_denied(w, w->to);
	if (w->to < 0)
		return mounts_fail(w, w->to, NULL);
	return check_destination(w);
}

int mounts_propagate(const struct mountone *w, int fd)
{
	int r = 0;

	for (unsigned int i = 0; i < 4 && w->m->propagation[i] && r == 0; i++)
		r = mountcall_propagate(fd, w->m->propagation[i]);
	return r < 0 ? mounts_fail(w, r, NULL) : 0;
}

/* A mount that has just been attached to a shared one is shared itself: say its words again. */
static int attach(const struct mountone *w, int fd)
{
	int r = mountcall_move(fd, w->to);

	if (r < 0)
		return mounts_fail(w, r, NULL);
	return w->p->has_shared ? mounts_propagate(w, fd) : 0;
}

static int attach_new(const struct mountone *w, int *ret_fd)
{
	int fd = newmount_make(w);

	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return attach(w, fd);
}

static unsigned long legacy_flags(uint64_t attr)
{
	return (attr & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0) |
	       (attr & MOUNT_ATTR_NOSUID ? MS_NOSUID : 0) |
	       (attr & MOUNT_ATTR_NODEV ? MS_NODEV : 0) |
	       (attr & MOUNT_ATTR_NOEXEC ? MS_NOEXEC : 0) |
	       (attr & MOUNT_ATTR_NOATIME ? MS_NOATIME : 0) |
	       (attr & MOUNT_ATTR_STRICTATIME ? MS_STRICTATIME : 0) |
	       (attr & MOUNT_ATTR_NODIRATIME ? MS_NODIRATIME : 0) |
	       (attr & MOUNT_ATTR_NOSYMFOLLOW ? MS_NOSYMFOLLOW : 0);
}

/* The mount is on top of the destination now, which itself stays what it was: open it anew. */
static int finish_legacy(const struct mountone *w)
{
	struct statx st;
	int fd, r;

	if (!w->m->propagation[0] && !w->m->copy_up && !w->m->label)
		return 0;
	fd = inroot_open(w->g->root_fd, w->dest, w->m->exact ? INROOT_EXACT : 0);
	r = fd < 0 ? fd : mountcall_stat(fd, &st);
	if (r == 0 &&
	    (!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT) || st.stx_mnt_id == w->st.stx_mnt_id))
		r = -EAGAIN;
	if (r == 0)
		r = mounts_propagate(w, fd);
	else
		mounts_fail(w, r, NULL);
	if (r == 0)
		r = newmount_fill(w, fd);
	if (fd >= 0)
		sys_close(fd);
	return r;
}

/* It may be closed to root of the container: then there is no way back. */
static int enter(int dir)
{
	if (!has_left)
		left = (int)sys_openat(AT_FDCWD, ".", O_PATH | O_CLOEXEC, 0);
	has_left = 1;
	return (int)SYS_1(__NR_fchdir, dir);
}

static int go_back(void)
{
	int r = 0;

	if (has_left)
		r = left < 0 ? (int)SYS_1(__NR_chdir, SYS_P("/")) : (int)SYS_1(__NR_fchdir, left);
	if (left >= 0)
		sys_close(left);
	return r;
}

/*
 * mount(2) takes paths only. The destination becomes the working directory, and the path is ".":
 * there is nothing in it to be swapped.
 */
static int attach_legacy(const struct mountone *w)
{
	const void *base = w->g->base;
	char data[DATA_SIZE] = "", mode[5];
	int r = enter(w->to);

	if (w->m->data)
		sys_append(data, sizeof(data), flat_get_str(base, w->m->data));
	if (newmount_mode(w, mode)) { /* the planner left room for it */
		sys_append(data, sizeof(data), *data ? ",mode=" : "mode=");
		sys_append(data, sizeof(data), mode);
	}
	if (r == 0)
		r = mountcall_mount(flat_get_str(base, w->m->source), ".", w->type,
				    legacy_flags(rootfs_first_attributes(w->m)) | w->m->sb_flags,
				    data);
	return r < 0 ? mounts_fail(w, r, NULL) : finish_legacy(w);
}

/*
 * What a more privileged namespace has set cannot be taken away in a user namespace: which of the
 * attributes that are to go is it?
 */
static const char *find_locked(const struct mountone *w)
{
	static const struct {
		uint64_t attr;
		const char *text;
	} locked[] = {
		{ MOUNT_ATTR_RDONLY, "\"rw\" is not possible: the mount is locked read-only" },
		{ MOUNT_ATTR_NOSUID, "\"suid\" is not possible: the mount is locked nosuid" },
		{ MOUNT_ATTR_NODEV, "\"dev\" is not possible: the mount is locked nodev" },
		{ MOUNT_ATTR_NOEXEC, "\"exec\" is not possible: the mount is locked noexec" },
		{ MOUNT_ATTR__ATIME,
		  "other access times are not possible: the mount's are locked" },
		{ MOUNT_ATTR_NODIRATIME,
		  "\"diratime\" is not possible: the mount is locked nodiratime" },
	};

	for (unsigned int i = 0; i < sizeof(locked) / sizeof(locked[0]); i++) {
		const uint64_t attr = locked[i].attr, atime = attr & MOUNT_ATTR__ATIME;

		if ((w->m->attr_clear & attr &&
		     mountcall_set(w->to, w->m->attr_set & atime, attr, 0) == -EPERM) ||
		    (w->m->rec_clear & attr &&
		     mountcall_set(w->to, w->m->rec_set & atime, attr, AT_RECURSIVE) == -EPERM))
			return locked[i].text;
	}
	return NULL;
}

static int fail_locked(const struct mountone *w, int r)
{
	const char *text = w->g->err->code ? NULL : find_locked(w);

	return text ? guest_whole(w->g, r, w->m->where, text) : mounts_fail(w, r, NULL);
}

static int remount(struct mountone *w)
{
	const struct rootfs_mount *m = w->m;
	int r = 0;

	w->to = inroot_open(w->g->root_fd, w->dest, 0);
	if (w->to >= 0)
		r = mountcall_stat(w->to, &w->st);
	if (w->to < 0 || r < 0)
		return mounts_fail(w, w->to < 0 ? w->to : r, NULL);
	if (!(w->st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return mounts_fail(w, -EINVAL, "there is no mount at this place");
	if (m->params.n)
		r = newmount_reconfigure(w);
	if (r < 0)
		return r;
	if (m->rec_set || m->rec_clear)
		r = mountcall_set(w->to, m->rec_set, m->rec_clear, AT_RECURSIVE);
	if (r == 0 && (m->attr_set || m->attr_clear))
		r = mountcall_set(w->to, m->attr_set, m->attr_clear, 0);
	if (r == -EPERM)
		return fail_locked(w, r);
	return r < 0 ? mounts_fail(w, r, NULL) : mounts_propagate(w, w->to);
}

/*
 * On a new name in the tmpfs that was attached last: nobody else has written to that, so nothing is
 * there to lead elsewhere. mount(2) is a fifth of the calls of the other way.
 */
static int attach_in_late(const struct mountone *w)
{
	const void *base = w->g->base;
	const char *name = w->dest + sys_strlen(w->dest);
	int r = enter(late[n_late - 1]);

	while (name[-1] != '/')
		name--;
	if (r == 0)
		r = (int)SYS_3(__NR_mkdirat, AT_FDCWD, SYS_P(name), 0755);
	if (r == 0)
		r = mountcall_mount(flat_get_str(base, w->m->source), name, w->type,
				    legacy_flags(rootfs_first_attributes(w->m)),
				    flat_get_str(base, w->m->data));
	return r < 0 ? mounts_fail(w, r, NULL) : 0;
}

static int attach_one(struct mountone *w, int *ret_fd)
{
	int r;

	if (w->m->kind == ROOTFS_MOUNT_REMOUNT)
		return remount(w);
	if (w->m->is_link)
		return mountlink_make(w);
	if (w->m->in_late)
		return attach_in_late(w);
	r = open_destination(w);
	if (r < 0)
		return r;
	if (w->m->kind == ROOTFS_MOUNT_TREE)
		return attach(w, w->m->fd);
	return w->m->legacy ? attach_legacy(w) : attach_new(w, ret_fd);
}

int mounts_attach_one(struct guest *g, const struct rootfs_plan *p, const struct rootfs_mount *m,
		      const struct statx *root, int *ret_fd)
{
	struct mountone w = {
		.g = g,
		.p = p,
		.m = m,
		.dest = flat_get_str(g->base, m->dest),
		.type = flat_get_str(g->base, m->type ? m->type : m->source),
		.to = -1,
		.root = root,
	};
	int r = 0;

	*ret_fd = m->kind == ROOTFS_MOUNT_TREE ? m->fd : -1;
	if (m->kind != ROOTFS_MOUNT_TREE || !m->optional || m->fd >= 0)
		r = attach_one(&w, ret_fd);
	if (w.to >= 0)
		sys_close(w.to);
	return r;
}

static int attach_all(struct guest *g, const struct rootfs_plan *p)
{
	struct statx root;
	int r = mountcall_stat(g->root_fd, &root);

	if (r < 0)
		r = guestkey_fail(g, r, "root.path", "look at", flat_get_str(g->base, p->path));

	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		int fd;

		if (r < 0)
			break;
		r = mounts_attach_one(g, p, m, &root, &fd);
		if (r == 0 && m->late_readonly)
			late[n_late++] = fd;
		if (r == 0 && m->held)
			held[n_held++] = fd;
		if (m->kind == ROOTFS_MOUNT_NEW && fd >= 0 &&
		    (r < 0 || (!m->late_readonly && !m->held)))
			sys_close(fd);
	}
	return r;
}

int mounts_attach(struct guest *g, const struct rootfs_plan *p)
{
	const unsigned int umask = mountcall_umask(0);
	int r = attach_all(g, p);

	if (r == 0)
		r = go_back();
	mountcall_umask(umask);
	return r < 0 ? guest_fail(g, r, 0, "go back to the working directory", NULL) : 0;
}

int mounts_seal(struct guest *g, const struct rootfs_plan *p)
{
	const int *fd = late;

	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		int r;

		if (!m->late_readonly)
			continue;
		r = mountcall_set(*fd, MOUNT_ATTR_RDONLY, 0, 0);
		sys_close(*fd++);
		if (r < 0)
			return guest_fail(g, r, m->where, "make read-only the mount on",
					  flat_get_str(g->base, m->dest));
	}
	n_late = 0;
	return 0;
}

/* The rest of the path below dir, or NULL. */
static const char *rest_below(const char *path, const char *dir)
{
	while (*dir && *path == *dir) {
		path++;
		dir++;
	}
	return !*dir && *path == '/' ? path + 1 : NULL;
}

int mounts_held(const struct guest *g, const struct rootfs_plan *p, const char *path,
		const char **ret_rest)
{
	const int *next = held;
	int found = -1;

	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		const char *rest;

		if (!m->held)
			continue;
		rest = rest_below(path, flat_get_str(g->base, m->dest));
		if (rest) { /* a later mount covers an earlier one */
			found = *next;
			*ret_rest = rest;
		}
		next++;
	}
	return found;
}

void mounts_let_go(const struct guest *g, const struct rootfs_plan *p)
{
	const int *fd = held;

	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		if (!m->held)
			continue;
		if (m->kind == ROOTFS_MOUNT_NEW && !m->late_readonly && *fd >= 0)
			sys_close(*fd);
		fd++;
	}
	n_held = 0;
}
