/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves and makes paths inside the container's root; see inroot.h. */
#include "rootfs/inroot.h"

#include "os/sys.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>

#define PATH_SIZE 4096
#define NAME_SIZE 256

/* openat2(2) says EAGAIN when a rename or mount anywhere raced with a ".." on the way. */
#define TRIES 1024
/* Bounds for hostile images: components that are made, dangling symlinks that are followed. */
#define STEPS 256
#define LINKS 40

static int open_below(int root, const char *path, uint64_t flags, unsigned int how)
{
	const int exact = how & INROOT_EXACT && !SYS_WEAK(exact);
	const struct open_how oh = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = exact             ? RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS :
			   SYS_WEAK(in_root) ? 0 :
					       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long r = -EAGAIN;

	while (*path == '/')
		path++;
	for (int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = SYS_4(__NR_openat2, root, SYS_P(*path ? path : "."), SYS_P(&oh), sizeof(oh));
	return (int)r;
}

int inroot_open(int root, const char *path, unsigned int how)
{
	return open_below(root, path, how & INROOT_NO_FOLLOW ? O_NOFOLLOW : 0, how);
}

struct walk {
	int root;
	unsigned int how;
	char path[PATH_SIZE]; /* what is still to be resolved, from the root */
	int links;            /* dangling symlinks followed */
	int made;
};

/* Copy n bytes and a NUL to buf + at. Returns the new end, or 0 when there is no room. */
static size_t put(char *buf, size_t at, const char *s, size_t n)
{
	if (at + n + 1 > PATH_SIZE)
		return 0;
	for (size_t i = 0; i < n; i++)
		buf[at + i] = s[i];
	buf[at + n] = 0;
	return at + n;
}

/* Put the target of the dangling symlink at path[start .. end) in its place. */
static int follow(struct walk *w, size_t start, size_t end, const char *target)
{
	char path[PATH_SIZE];
	size_t at = *target == '/' ? 0 : start;

	if (w->how & INROOT_EXACT || ++w->links > LINKS)
		return -ELOOP;
	put(path, 0, w->path, at);
	at = put(path, at, target, sys_strlen(target));
	if (at)
		at = put(path, at, w->path + end, sys_strlen(w->path + end));
	if (!at)
		return -ENAMETOOLONG;
	put(w->path, 0, path, at);
	return 0;
}

/* Make a directory, or, at the end of a path to a file, a file. */
static long make_name(const struct walk *w, int dir, const char *name, bool last)
{
	long fd;

	if (!last || !(w->how & INROOT_FILE))
		return SYS_3(__NR_mkdirat, dir, SYS_P(name), 0755);
	fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fd;
	sys_close((int)fd);
	return 0;
}

/* Make the component path[start .. end) in its directory; or follow it, if it dangles. */
static int make(struct walk *w, int dir, size_t start, size_t end)
{
	char name[NAME_SIZE], target[PATH_SIZE];
	size_t rest = end;
	long r, n;

	if (end - start >= NAME_SIZE)
		return -ENAMETOOLONG;
	put(name, 0, w->path + start, end - start);
	while (w->path[rest] == '/')
		rest++;
	r = make_name(w, dir, name, !w->path[rest]);
	if (r != -EEXIST) {
		w->made = 1;
		return (int)r;
	}
	n = SYS_4(__NR_readlinkat, dir, SYS_P(name), SYS_P(target), PATH_SIZE - 1);
	if (n < 0) /* no symlink, or none any more: somebody was faster, resolve again */
		return n == -ENOENT || n == -EINVAL ? 0 : (int)n;
	target[n] = 0;
	return follow(w, start, end, target);
}

/* Find the first component that is missing, from the end, as mostly it is the last; make it. */
static int make_next(struct walk *w)
{
	size_t start = sys_strlen(w->path), end;
	int dir, r;

	do {
		char saved;

		for (end = start; end && w->path[end - 1] == '/'; end--)
			;
		for (start = end; start && w->path[start - 1] != '/'; start--)
			;
		if (start == end)
			return 0; /* all is there now */
		saved = w->path[start];
		w->path[start] = 0;
		dir = open_below(w->root, w->path, 0, w->how);
		w->path[start] = saved;
	} while (dir == -ENOENT);
	if (dir < 0)
		return dir;
	r = make(w, dir, start, end);
	sys_close(dir);
	return r;
}

int inroot_make(int root, const char *path, unsigned int how, int *ret_made)
{
	struct walk w;
	int fd = inroot_open(root, path, how);

	if (fd >= 0)
		*ret_made = 0;
	if (fd != -ENOENT)
		return fd;
	w.root = root;
	w.how = how;
	w.links = 0;
	w.made = 0;
	if (*path && !put(w.path, 0, path, sys_strlen(path)))
		return -ENAMETOOLONG;
	for (int i = 0; i < STEPS && fd == -ENOENT; i++) {
		int r = make_next(&w);

		if (r < 0)
			return r;
		fd = inroot_open(root, w.path, how);
	}
	if (fd >= 0)
		*ret_made = w.made;
	return fd == -ENOENT ? -ENAMETOOLONG : fd;
}

int inroot_parent(int root, const char *path, unsigned int how, const char **ret_name)
{
	char dir[PATH_SIZE];
	size_t slash = sys_strlen(path);
	int made, fd;

	while (slash && path[slash - 1] != '/')
		slash--;
	dir[0] = 0;
	if (slash && !put(dir, 0, path, slash))
		return -ENAMETOOLONG;
	fd = inroot_make(root, dir, how, &made);
	if (fd >= 0)
		*ret_name = path + slash;
	return fd;
}
