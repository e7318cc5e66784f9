/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes new file systems and mounts of them that are attached nowhere yet, and what belongs into
 * them.
 */
#include "os/guestkey.h"
#include "rootfs/copyup.h"
#include "rootfs/mountone.h"

#define TEXT_SIZE 320

/* These belong to a namespace, and only who owns that may mount them. */
static const struct {
	const char *type;
	const char *hint;
} owners[] = {
	{ "proc",
	  "procfs can be mounted only by the owner of the pid namespace, and only where nothing hides "
	  "parts of the procfs that is there: give the container a pid namespace of its own, or bind "
	  "/proc" },
	{ "sysfs",
	  "sysfs can be mounted only by the owner of the network namespace, and only where nothing "
	  "hides parts of the sysfs that is there: give the container a network namespace of its own, "
	  "or bind /sys" },
	{ "mqueue",
	  "message queues can be mounted only by the owner of the IPC namespace: give the container "
	  "one of its own, or bind /dev/mqueue" },
};

/* With what the file system says about it as the hint: "tmpfs: Bad value for 'size'". */
static int fail_fs(const struct mountone *w, int fs, long r, const char *option)
{
	const int new = w->m->kind == ROOTFS_MOUNT_NEW;
	char text[200], verb[TEXT_SIZE] = "";
	long n;

	if (w->g->err->code)
		return (int)r;
	if (option) {
		sys_append(verb, sizeof(verb), new ? "mount " : "remount ");
		if (new) { /* a remount need not say a type */
			sys_append(verb, sizeof(verb), w->type);
			sys_append(verb, sizeof(verb), " on ");
		}
		sys_append(verb, sizeof(verb), w->dest);
		sys_append(verb, sizeof(verb), ": set its option");
		guest_fail(w->g, r, w->m->where, verb, option);
	} else {
		mounts_fail(w, r, NULL);
	}
	n = fs < 0 ? 0 : sys_read(fs, text, sizeof(text) - 1);
	if (n > 2) {
		text[text[n - 1] == '\n' ? n - 1 : n] = 0;
		guestkey_hint(w->g, text + 2);
	}
	for (unsigned int i = 0; new &&r == -EPERM &&i < sizeof(owners) / sizeof(owners[0]); i++)
		if (sys_streq(w->type, owners[i].type))
			guestkey_hint(w->g, owners[i].hint);
	if (new &&r == -EPERM && w->p->in_userns)
		guestkey_hint(
			w->g,
			"in a user namespace only some types can be mounted, and none that is on "
			"a device: mount it on the host, and bind it");
	return (int)r;
}

/*
 * A tmpfs looks like the directory that it covers, unless it says otherwise. Whether it does; then
 * ret is the mode, "0755".
 */
int newmount_mode(const struct mountone *w, char ret[5])
{
	if (!w->m->inherit_mode || w->made)
		return 0;
	for (int i = 0; i < 4; i++)
		ret[i] = (char)('0' + (w->st.stx_mode >> (9 - 3 * i) & 7));
	ret[4] = 0;
	return 1;
}

static int configure(const struct mountone *w, int fs)
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
	if (newmount_mode(w, mode)) {
		r = mountcall_config(fs, "mode", mode);
		if (r < 0)
			return fail_fs(w, fs, r, "mode");
	}
	r = mountcall_config(fs, "source", flat_get_str(base, w->m->source));
	return r < 0 ? fail_fs(w, fs, r, "source") : 0;
}

static int copy_up(const struct mountone *w, int fd)
{
	int r = copyup_tree(w->to, fd);

	if (r < 0)
		guest_fail(w->g, r, w->m->where, "copy the files of the image into the tmpfs on",
			   w->dest);
	return r;
}

/* The context of what cannot have it as a parameter, and the mode of what HOST made. */
static int set_root(const struct mountone *w, int fd)
{
	const char *label = flat_get_str(w->g->base, w->m->label);
	const int chmod = w->m->idmap && w->m->inherit_mode && !w->made;
	int dir, r;

	if (!label && !chmod)
		return 0;
	dir = r = (int)sys_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (r >= 0 && label)
		r = (int)SYS_5(__NR_fsetxattr, dir, SYS_P("security.selinux"), SYS_P(label),
			       sys_strlen(label) + 1, 0);
	if (r >= 0 && chmod)
		r = (int)SYS_2(__NR_fchmod, dir, w->st.stx_mode & 07777);
	if (dir >= 0)
		sys_close(dir);
	if (r < 0 && label)
		return guest_fail(w->g, r, w->m->where, "set the SELinux context", label);
	if (r < 0)
		mounts_fail(w, r,
			    "the mode of the directory below cannot be given to the root of the "
			    "file system: say mode=..., and uid=... and gid=... that are mapped");
	return r < 0 ? r : 0;
}

int newmount_fill(const struct mountone *w, int fd)
{
	const uint64_t late = w->m->attr_set & ~rootfs_first_attributes(w->m);
	int r = set_root(w, fd);

	if (r == 0 && w->m->copy_up)
		r = copy_up(w, fd);
	if (r == 0 && late) {
		r = mountcall_set(fd, late, 0, 0);
		if (r < 0)
			mounts_fail(w, r, NULL);
	}
	return r;
}

/* sysfs of a network namespace that is not ours: the host's, which HOST prepared. */
static int is_foreign_sysfs(const struct mountone *w, int r)
{
	return r == -EPERM && w->m->bind_sysfs && w->m->fd >= 0;
}

/* Make the file system and a mount of it. Returns the descriptor of the mount. */
static int make_mount(const struct mountone *w)
{
	int fs = w->g->open_proc && sys_streq(w->type, "proc") ? w->g->open_proc(w->g) :
								 mountcall_fsopen(w->type);
	int fd, r;

	if (is_foreign_sysfs(w, fs))
		return w->m->fd;
	if (fs == -ENODEV)
		return mounts_fail(w, fs, "this kernel has no file system of that type");
	if (fs < 0)
		return fail_fs(w, -1, fs, NULL);
	fd = r = configure(w, fs);
	if (r == 0) {
		r = mountcall_command(fs, FSCONFIG_CMD_CREATE);
		fd = r < 0 ? r : mountcall_fsmount(fs, rootfs_first_attributes(w->m));
		if (is_foreign_sysfs(w, fd))
			fd = w->m->fd;
		else if (fd < 0)
			fail_fs(w, fs, fd, NULL);
	}
	sys_close(fs);
	return fd;
}

int newmount_make(const struct mountone *w)
{
	int fd = w->m->idmap ? w->m->fd : make_mount(w);
	int r = fd < 0 ? fd : mounts_propagate(w, fd);

	if (r == 0)
		r = newmount_fill(w, fd);
	if (r == 0)
		return fd;
	if (fd >= 0)
		sys_close(fd);
	return r;
}

int newmount_reconfigure(const struct mountone *w)
{
	int fs = mountcall_fspick(w->to);
	int r;

	if (fs < 0)
		return mounts_fail(w, fs, NULL);
	r = configure(w, fs);
	if (r == 0) {
		r = mountcall_command(fs, FSCONFIG_CMD_RECONFIGURE);
		if (r < 0)
			fail_fs(w, fs, r, NULL);
	}
	sys_close(fs);
	return r;
}
