/* SPDX-License-Identifier: Apache-2.0 */
/* Copies a directory of the image into a new tmpfs; see copyup.h. */
#include "rootfs/copyup.h"

#include "rootfs/mountcall.h"

#define DEPTH_MAX   64   /* directories in each other */
#define ENTRIES     2048 /* bytes of directory entries read at once */
#define XATTR_NAMES 2048 /* bytes of names of one file */
#define XATTR_VALUE 2048

static int copy_dir(int from, int to, int depth);

static int stat_at(int dir, const char *name, struct statx *ret)
{
	return (int)SYS_5(__NR_statx, dir, SYS_P(name), AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
			  STATX_BASIC_STATS, SYS_P(ret));
}

static int copy_xattrs(int from, int to)
{
	char names[XATTR_NAMES], value[XATTR_VALUE];
	long len = SYS_3(__NR_flistxattr, from, SYS_P(names), sizeof(names));

	for (long i = 0; i < len; i += (long)sys_strlen(names + i) + 1) {
		long n = SYS_4(__NR_fgetxattr, from, SYS_P(names + i), SYS_P(value), sizeof(value));

		if (n >= 0)
			n = SYS_5(__NR_fsetxattr, to, SYS_P(names + i), SYS_P(value), n, 0);
		/* A tmpfs has no place for some kinds, and a user namespace no right to others. */
		if (n < 0 && n != -EOPNOTSUPP && n != -EPERM && n != -ENODATA)
			return (int)n;
	}
	return len < 0 && len != -EOPNOTSUPP ? (int)len : 0;
}

/* Owner before mode, because a change of owner takes the set-id bits away; times last. */
static int copy_owner_and_times(int dir, const char *name, const struct statx *st)
{
	const int64_t times[4] = {
		st->stx_atime.tv_sec,
		st->stx_atime.tv_nsec,
		st->stx_mtime.tv_sec,
		st->stx_mtime.tv_nsec,
	};
	long r = SYS_5(__NR_fchownat, dir, SYS_P(name), st->stx_uid, st->stx_gid,
		       AT_SYMLINK_NOFOLLOW);

	if (r == 0 && (st->stx_mode & S_IFMT) != S_IFLNK)
		r = SYS_3(__NR_fchmodat, dir, SYS_P(name), st->stx_mode & 07777);
	if (r == 0)
		r = SYS_4(__NR_utimensat, dir, SYS_P(name), SYS_P(times), AT_SYMLINK_NOFOLLOW);
	return (int)r;
}

static int copy_data(int from, int to)
{
	long n;

	do
		n = SYS_4(__NR_sendfile, to, from, 0, 1 << 20);
	while (n > 0);
	return (int)n;
}

/* O_NONBLOCK and the second look: what was a file may be a fifo or a device by now. */
static int copy_file(int from, int to, const char *name)
{
	int in = (int)sys_openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	int out, r;
	struct statx st;

	if (in < 0)
		return in;
	r = stat_at(in, "", &st);
	if (r == 0 && (st.stx_mode & S_IFMT) != S_IFREG)
		r = -ESTALE;
	out = r < 0 ? r :
		      (int)sys_openat(to, name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = out < 0 ? out : copy_data(in, out);
	if (r == 0)
		r = copy_xattrs(in, out);
	if (out >= 0)
		sys_close(out);
	sys_close(in);
	return r;
}

static int copy_link(int from, int to, const char *name)
{
	char target[4096];
	long n = SYS_4(__NR_readlinkat, from, SYS_P(name), SYS_P(target), sizeof(target) - 1);

	if (n < 0)
		return (int)n;
	target[n] = 0;
	return (int)SYS_3(__NR_symlinkat, SYS_P(target), to, SYS_P(name));
}

static int copy_subdir(int from, int to, const char *name, int depth)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int r = (int)SYS_3(__NR_mkdirat, to, SYS_P(name), 0700);
	int in = r < 0 ? r : (int)sys_openat(from, name, flags, 0);
	int out = in < 0 ? in : (int)sys_openat(to, name, flags, 0);

	r = out < 0 ? out : copy_dir(in, out, depth + 1);
	if (r == 0)
		r = copy_xattrs(in, out);
	if (out >= 0)
		sys_close(out);
	if (in >= 0)
		sys_close(in);
	return r;
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct statx st;
	int r = stat_at(from, name, &st);

	if (r < 0)
		return r;
	switch (st.stx_mode & S_IFMT) {
	case S_IFDIR:
		r = copy_subdir(from, to, name, depth);
		break;
	case S_IFREG:
		r = copy_file(from, to, name);
		break;
	case S_IFLNK:
		r = copy_link(from, to, name);
		break;
	default:
		r = (int)SYS_4(__NR_mknodat, to, SYS_P(name), st.stx_mode,
			       mountcall_device(st.stx_rdev_major, st.stx_rdev_minor));
	}
	return r < 0 ? r : copy_owner_and_times(to, name, &st);
}

static int is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Both are open for reading. */
static int copy_dir(int from, int to, int depth)
{
	char buf[ENTRIES] __attribute__((aligned(8)));
	long n;
	int r = depth > DEPTH_MAX ? -ELOOP : 0;

	while (r == 0 && (n = SYS_3(__NR_getdents64, from, SYS_P(buf), sizeof(buf))) != 0) {
		if (n < 0)
			return (int)n;
		for (long at = 0; at < n && r == 0;) {
			const struct sys_dirent *d = (const struct sys_dirent *)(buf + at);

			if (!is_dot(d->name))
				r = copy_entry(from, to, d->name, depth);
			at += d->reclen;
		}
	}
	return r;
}

int copyup_tree(int from, int to)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	struct statx st;
	int in = (int)sys_openat(from, ".", flags, 0);
	int out = in < 0 ? in : (int)sys_openat(to, ".", flags, 0);
	int r = out < 0 ? out : copy_dir(in, out, 0);

	if (r == 0)
		r = stat_at(in, "", &st);
	if (r == 0)
		r = (int)SYS_5(__NR_fchownat, out, SYS_P(""), st.stx_uid, st.stx_gid,
			       AT_EMPTY_PATH);
	if (r == 0)
		r = copy_xattrs(in, out);
	if (out >= 0)
		sys_close(out);
	if (in >= 0)
		sys_close(in);
	return r;
}
