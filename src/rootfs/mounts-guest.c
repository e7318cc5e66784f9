/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaches the mounts of the plan: new file systems, trees that the host side cloned, and other
 * attributes for what is there. Each is prepared while it is attached nowhere, and moved onto a
 * descriptor of its destination: no path under the container's control is resolved twice.
 */
#include "os/guest.h"
#include "os/guestkey.h"
#include "rootfs/copyup.h"
#include "rootfs/inroot.h"
#include "rootfs/mountcall.h"
#include "rootfs/mounts.h"
#include "rootfs/rootfs.h"

#define TEXT_SIZE 320
#define DATA_SIZE 4096 /* what mount(2) takes */

/* The mounts with late_readonly, in the order of the plan. */
static int late[ROOTFS_LATE_MAX];
static unsigned int n_late;

/* What the functions below share about one mount. */
struct one {
	struct guest *g;
	const struct rootfs_plan *p;
	const struct rootfs_mount *m;
	const char *dest;
	const char *type;
	int to;          /* O_PATH, the destination */
	int made;        /* the destination was not there before */
	struct statx st; /* of the destination */
	const struct statx *root;
};

/* 'mount tmpfs on "/tmp"', or 'remount "/tmp"' */
static int fail(const struct one *w, long r)
{
	char verb[TEXT_SIZE] = "mount ";

	if (w->m->kind == ROOTFS_MOUNT_REMOUNT)
		return guest_fail(w->g, r, w->m->where, "remount", w->dest);
	sys_append(verb, sizeof(verb), w->type);
	sys_append(verb, sizeof(verb), " on");
	return guest_fail(w->g, r, w->m->where, verb, w->dest);
}

static int fail_hint(const struct one *w, long r, const char *hint)
{
	if (!w->g->err->code)
		guestkey_hint(w->g, hint);
	return fail(w, r);
}

/* With what the file system says about it as the hint: "tmpfs: Bad value for 'size'". */
static int fail_fs(const struct one *w, int fs, long r, const char *option)
{
	char text[200], verb[TEXT_SIZE] = "mount ";
	long n;

	if (w->g->err->code)
		return (int)r;
	if (option) {
		sys_append(verb, sizeof(verb), w->type);
		sys_append(verb, sizeof(verb), " on ");
		sys_append(verb, sizeof(verb), w->dest);
		sys_append(verb, sizeof(verb), ": set its option");
		guest_fail(w->g, r, w->m->where, verb, option);
	} else {
		fail(w, r);
	}
	n = sys_read(fs, text, sizeof(text) - 1);
	if (n > 2) {
		text[text[n - 1] == '\n' ? n - 1 : n] = 0;
		guestkey_hint(w->g, text + 2);
	} else if (r == -EPERM && sys_streq(w->type, "sysfs")) {
		guestkey_hint(w->g,
			      "sysfs can be mounted only by the owner of the network namespace: "
			      "give the container one of its own, or bind the host's /sys");
	}
	return (int)r;
}

/*
 * Whether the destination is in the container's own /proc, where a symlink of the image may have
 * led it. 0, 1, or a negative errno.
 */
static int is_in_proc(const struct one *w)
{
	struct statx st;
	int fd, r;

	if (w->m->on_proc)
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

static int check_destination(struct one *w)
{
	const int want_dir = !w->m->is_file;
	int r = mountcall_stat(w->to, &w->st);

	if (r < 0)
		return fail(w, r);
	if (want_dir && (w->st.stx_mode & S_IFMT) != S_IFDIR)
		return fail(w, -ENOTDIR);
	if (!want_dir && (w->st.stx_mode & S_IFMT) == S_IFDIR)
		return fail(w, -EISDIR);
	if (w->st.stx_mnt_id == w->root->stx_mnt_id && w->st.stx_ino == w->root->stx_ino)
		return fail_hint(w, -EBUSY, "the destination is a symlink to the root itself");
	r = is_in_proc(w);
	if (r > 0)
		return fail_hint(w, -EPERM, "the destination is a symlink into /proc");
	return r < 0 ? fail(w, r) : 0;
}

static int open_destination(struct one *w)
{
	unsigned int how = (w->m->exact ? INROOT_EXACT : 0) |
			   (w->m->no_follow_dest ? INROOT_NO_FOLLOW : 0) |
			   (w->m->is_file ? INROOT_FILE : 0);

	w->to = inroot_make(w->g->root_fd, w->dest, how, &w->made);
	if (w->to == -ELOOP && w->m->exact)
		return fail_hint(
			w, w->to,
			"the mount point must be an ordinary directory: no symlink may lead "
			"there");
	if (w->to < 0)
		return fail(w, w->to);
	return check_destination(w);
}

static int propagate(const struct one *w, int fd)
{
	int r = 0;

	for (unsigned int i = 0; i < 4 && w->m->propagation[i] && r == 0; i++)
		r = mountcall_propagate(fd, w->m->propagation[i]);
	return r < 0 ? fail(w, r) : 0;
}

/*
 * A tmpfs looks like the directory that it covers, unless it says otherwise. Whether it does; then
 * ret is the mode, "0755".
 */
static int inherit_mode(const struct one *w, char ret[5])
{
	if (!w->m->inherit_mode || w->made)
		return 0;
	for (int i = 0; i < 4; i++)
		ret[i] = (char)('0' + (w->st.stx_mode >> (9 - 3 * i) & 7));
	ret[4] = 0;
	return 1;
}

static int configure(const struct one *w, int fs)
{
	const void *base = w->g->base;
	char mode[5];
	int r;

	FLAT_EACH(base, w->m->params, const struct rootfs_param, p) {
		const char *k = flat_get_str(base, p->key);

		r = mountcall_config(fs, k, flat_get_str(base, p->value));
		if (r < 0)
			return fail_fs(w, fs, r, k);
	}
	if (w->m->kind == ROOTFS_MOUNT_REMOUNT)
		return 0;
	if (inherit_mode(w, mode)) {
		r = mountcall_config(fs, "mode", mode);
		if (r < 0)
			return fail_fs(w, fs, r, "mode");
	}
	r = mountcall_config(fs, "source", flat_get_str(base, w->m->source));
	return r < 0 ? fail_fs(w, fs, r, "source") : 0;
}

/* What is copied into a mount comes before it is read-only. */
static uint64_t first_attributes(const struct one *w)
{
	return w->m->attr_set & ~(uint64_t)(w->m->copy_up ? MOUNT_ATTR_RDONLY : 0);
}

static int copy_up(const struct one *w, int fd)
{
	int r = copyup_tree(w->to, fd);

	if (r < 0)
		return guest_fail(w->g, r, w->m->where,
				  "copy the files of the image into the tmpfs on", w->dest);
	r = mountcall_set(fd, w->m->attr_set & MOUNT_ATTR_RDONLY, 0, 0);
	return r < 0 ? fail(w, r) : 0;
}

/* Make the file system and a mount of it. Returns the descriptor of the mount. */
static int make_mount(const struct one *w)
{
	int fs = w->g->open_proc && sys_streq(w->type, "proc") ? w->g->open_proc(w->g) :
								 mountcall_fsopen(w->type);
	int fd = -1, r;

	if (fs == -ENODEV)
		return fail_hint(w, fs, "this kernel has no file system of that type");
	if (fs < 0)
		return fail(w, fs);
	r = configure(w, fs);
	if (r == 0) {
		r = mountcall_command(fs, FSCONFIG_CMD_CREATE);
		fd = r < 0 ? r : mountcall_fsmount(fs, first_attributes(w));
		if (fd < 0)
			r = fail_fs(w, fs, fd, NULL);
	}
	sys_close(fs);
	if (r == 0)
		r = propagate(w, fd);
	if (r == 0 && w->m->copy_up)
		r = copy_up(w, fd);
	if (r == 0)
		return fd;
	if (fd >= 0)
		sys_close(fd);
	return r;
}

/* A mount that has just been attached to a shared one is shared itself: say its words again. */
static int attach(const struct one *w, int fd)
{
	int r = mountcall_move(fd, w->to);

	if (r < 0)
		return fail(w, r);
	return w->p->has_shared ? propagate(w, fd) : 0;
}

static int attach_new(const struct one *w)
{
	int fd = make_mount(w);
	int r;

	if (fd < 0)
		return fd;
	r = attach(w, fd);
	if (r == 0 && w->m->late_readonly)
		late[n_late++] = fd;
	else
		sys_close(fd);
	return r;
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
static int finish_legacy(const struct one *w)
{
	struct statx st;
	int fd, r;

	if (!w->m->propagation[0] && !w->m->copy_up)
		return 0;
	fd = inroot_open(w->g->root_fd, w->dest, w->m->exact ? INROOT_EXACT : 0);
	r = fd < 0 ? fd : mountcall_stat(fd, &st);
	if (r == 0 &&
	    (!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT) || st.stx_mnt_id == w->st.stx_mnt_id))
		r = -EAGAIN;
	if (r == 0)
		r = propagate(w, fd);
	else
		fail(w, r);
	if (r == 0 && w->m->copy_up)
		r = copy_up(w, fd);
	if (fd >= 0)
		sys_close(fd);
	return r;
}

/*
 * mount(2) takes paths only. The destination becomes the working directory, and the path is ".":
 * there is nothing in it to be swapped.
 */
static int attach_legacy(const struct one *w)
{
	const void *base = w->g->base;
	char data[DATA_SIZE] = "", mode[5];
	int back = (int)sys_openat(AT_FDCWD, ".", O_PATH | O_CLOEXEC, 0);
	int r = back < 0 ? back : (int)SYS_1(__NR_fchdir, w->to);

	if (w->m->data)
		sys_append(data, sizeof(data), flat_get_str(base, w->m->data));
	if (inherit_mode(w, mode)) { /* the planner left room for it */
		sys_append(data, sizeof(data), *data ? ",mode=" : "mode=");
		sys_append(data, sizeof(data), mode);
	}
	if (r == 0)
		r = mountcall_mount(flat_get_str(base, w->m->source), ".", w->type,
				    legacy_flags(first_attributes(w)) | w->m->sb_flags, data);
	if (r == 0)
		r = (int)SYS_1(__NR_fchdir, back);
	if (back >= 0)
		sys_close(back);
	return r < 0 ? fail(w, r) : finish_legacy(w);
}

static int reconfigure(const struct one *w)
{
	int fs = mountcall_fspick(w->to);
	int r;

	if (fs < 0)
		return fail(w, fs);
	r = configure(w, fs);
	if (r == 0) {
		r = mountcall_command(fs, FSCONFIG_CMD_RECONFIGURE);
		if (r < 0)
			fail_fs(w, fs, r, NULL);
	}
	sys_close(fs);
	return r;
}

static int remount(struct one *w)
{
	const struct rootfs_mount *m = w->m;
	int r = 0;

	w->to = inroot_open(w->g->root_fd, w->dest, 0);
	if (w->to >= 0)
		r = mountcall_stat(w->to, &w->st);
	if (w->to < 0 || r < 0)
		return fail(w, w->to < 0 ? w->to : r);
	if (!(w->st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return fail_hint(w, -EINVAL, "there is no mount at this place");
	if (m->params.n)
		r = reconfigure(w);
	if (r < 0)
		return r;
	if (m->rec_set || m->rec_clear)
		r = mountcall_set(w->to, m->rec_set, m->rec_clear, AT_RECURSIVE);
	if (r == 0 && (m->attr_set || m->attr_clear))
		r = mountcall_set(w->to, m->attr_set, m->attr_clear, 0);
	return r < 0 ? fail(w, r) : propagate(w, w->to);
}

static int attach_one(struct one *w)
{
	int r;

	if (w->m->kind == ROOTFS_MOUNT_REMOUNT)
		return remount(w);
	r = open_destination(w);
	if (r < 0)
		return r;
	if (w->m->kind == ROOTFS_MOUNT_TREE)
		return attach(w, w->m->fd);
	return w->m->legacy ? attach_legacy(w) : attach_new(w);
}

int mounts_attach(struct guest *g, const struct rootfs_plan *p)
{
	const unsigned int umask = mountcall_umask(0);
	struct statx root;
	int r = mountcall_stat(g->root_fd, &root);

	if (r < 0)
		r = guestkey_fail(g, r, "root.path", "look at", flat_get_str(g->base, p->path));

	FLAT_EACH(g->base, p->mounts, const struct rootfs_mount, m) {
		struct one w = {
			.g = g,
			.p = p,
			.m = m,
			.dest = flat_get_str(g->base, m->dest),
			.type = m->type ? flat_get_str(g->base, m->type) :
					  flat_get_str(g->base, m->source),
			.to = -1,
			.root = &root,
		};

		if (r < 0)
			break;
		if (m->kind == ROOTFS_MOUNT_TREE && m->optional && m->fd < 0)
			continue;
		r = attach_one(&w);
		if (w.to >= 0)
			sys_close(w.to);
	}
	mountcall_umask(umask);
	return r;
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
