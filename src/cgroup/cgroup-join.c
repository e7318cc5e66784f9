/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroups that another process of a container enters (exec): the container's own, or cgroups
 * below them. What is below was made by the payload, so it is opened without links and without a
 * way up.
 */
#include "base/auto.h"
#include "base/fault.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/cgroup.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define OPTION     "--cgroup"
#define CGROUP_MAX ((size_t)64 << 10) /* bytes of /proc/PID/cgroup */

/* --- the plan --- */

static bool has_word(const char *list, const char *word, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, word, len))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

/* Whether every part of the path is the name of something in the directory before it. */
static bool is_below(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && !memcmp(path, "..", 2))
			return false;
		path += n + (path[n] == '/');
	}
	return true;
}

/* Every controller of a wish is in a hierarchy of version 1, which has its own path. */
static int check_wish(const struct cgroup_wish *w, const struct cgroupfs *fs, struct rl_err *e)
{
	const char *c = w->controllers;

	if ((!is_below(w->path) && !fault_is_weak("below")) || strlen(w->path) >= PATH_MAX)
		return rl_whole(e, -EINVAL,
				OPTION ": \"%.64s\" is no path below the container's cgroup",
				w->path);
	while (c && *c) {
		size_t n = strcspn(c, ",");
		bool found = false;

		for (size_t i = 0; i < fs->n; i++)
			found = found || (!fs->h[i].v2 && has_word(fs->h[i].controllers, c, n));
		if (!found)
			return rl_whole(e, -EINVAL,
					OPTION ": \"%.*s\" is not the controller of a hierarchy of "
					       "its own here",
					n > 64 ? 64 : (int)n, c);
		c += n + (c[n] == ',');
	}
	return 0;
}

static bool is_for(const struct cgroup_wish *w, const struct cgroupfs_hierarchy *h)
{
	const char *c = w->controllers;

	if (!c)
		return true;
	while (*c && !h->v2) {
		size_t n = strcspn(c, ",");

		if (has_word(h->controllers, c, n))
			return true;
		c += n + (c[n] == ',');
	}
	return false;
}

/* What of the path is behind the mount point, or NULL. */
static const char *behind(const char *path, const char *mount)
{
	size_t n = strlen(mount);

	return !strncmp(path, mount, n) && path[n] == '/' ? path + n : NULL;
}

static const struct cgroupfs_hierarchy *hierarchy_of(const struct cgroupfs *fs, const char *path)
{
	const struct cgroupfs_hierarchy *best = NULL;

	/* In hybrid one may be mounted in the directory of another. */
	for (size_t i = 0; i < fs->n; i++)
		if (behind(path, fs->h[i].mount) &&
		    (!best || strlen(fs->h[i].mount) > strlen(best->mount)))
			best = &fs->h[i];
	return best;
}

static flat_str wished(const struct cgroup_wish *wishes, size_t n,
		       const struct cgroupfs_hierarchy *h, struct flat *f)
{
	const char *path = "";

	for (size_t i = 0; i < n; i++)
		if (is_for(&wishes[i], h))
			path = wishes[i].path;
	path += strspn(path, "/");
	return *path ? flat_add_str(f, path) : 0;
}

bool cgroup_join_asks(const struct cgroup_record *r, size_t n)
{
	for (size_t i = 0; i < r->n; i++)
		if (n || r->dirs[i].freezer == CGROUP_FREEZER_UNKNOWN)
			return true;
	return false;
}

/* As the record has it. */
static void plan_known(const struct cgroup_record_dir *d, struct flat *f, struct cgroup_dir *ret)
{
	ret->mount = flat_add_str(f, "");
	ret->path = flat_add_str(f, d->path);
	ret->v2 = d->freezer == CGROUP_FREEZER_V2;
}

static int plan_dir(const struct cgroup_record_dir *d, const struct cgroupfs *fs,
		    const struct cgroup_wish *wishes, size_t n, struct flat *f,
		    struct cgroup_dir *ret, struct rl_err *e)
{
	const struct cgroupfs_hierarchy *h = hierarchy_of(fs, d->path);

	if (!h)
		return rl_fail(e, -ENODEV, "find the cgroup file system of %s", d->path);
	ret->mount = flat_add_str(f, h->mount);
	ret->path = flat_add_str(f, behind(d->path, h->mount));
	ret->below = wished(wishes, n, h, f);
	ret->v2 = h->v2;
	return 0;
}

int cgroup_join_plan(const struct cgroup_record *r, const struct cgroupfs *fs,
		     const struct cgroup_wish *wishes, size_t n, struct flat *f,
		     struct cgroup_plan *ret, struct rl_err *e)
{
	struct cgroup_dir dirs[CGROUPFS_MAX];
	int result = 0;

	ret->unit.holder_fd = -1;
	if (n && !r->n)
		return rl_whole(e, -EINVAL, OPTION ": the container has no cgroup");
	for (size_t i = 0; i < n && result == 0; i++)
		result = check_wish(&wishes[i], fs, e);
	if (result < 0 || !r->n)
		return result;
	if (r->n > CGROUPFS_MAX)
		return rl_whole(e, -E2BIG, "the record names more than %d cgroups", CGROUPFS_MAX);
	for (size_t i = 0; i < r->n && result == 0; i++) {
		dirs[i] =
			(struct cgroup_dir){ .join = 1, .made = -1, .dir_fd = -1, .enter_fd = -1 };
		if (fs)
			result = plan_dir(&r->dirs[i], fs, wishes, n, f, &dirs[i], e);
		else
			plan_known(&r->dirs[i], f, &dirs[i]);
	}
	if (result < 0)
		return result;
	ret->dirs = flat_add_list(f, dirs, r->n, sizeof(dirs[0]));
	ret->path = dirs[0].path;
	return 0;
}

/* --- opening --- */

/* A cgroup below an open one. */
static int open_below(int fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = fault_is_weak("below") ?
				   0 :
				   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	long r = -EAGAIN;

	/* EAGAIN: something was renamed meanwhile. */
	for (int i = 0; i < 64 && r == -EAGAIN; i++) {
		r = syscall(SYS_openat2, fd, path, &how, sizeof(how));
		r = r < 0 ? -errno : r;
	}
	return (int)r;
}

static bool passes_controllers_on(int fd)
{
	char text[256];

	return fdio_read_at(fd, "cgroup.subtree_control", text, sizeof(text)) > 0;
}

/* How much of the path of a cgroup of v2 is that of the mount: up to where it is one no more. */
static size_t mount_length(const char *path)
{
	size_t mount = strlen(path);
	char at[PATH_MAX] = "";
	struct statfs fs;

	for (size_t n = mount; n > 0 && n < sizeof(at); n = (size_t)(strrchr(at, '/') - at)) {
		memcpy(at, path, n);
		at[n] = 0;
		if (statfs(at, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
			break;
		mount = n;
	}
	return mount;
}

/* Where in the container's cgroup of v2 the process is: "init.scope"; "" if it is not below. */
static int place_of(pid_t pid, const char *path, char *ret, size_t size)
{
	rl_autofree char *text = NULL;
	const char *line, *place;
	char file[40];
	size_t len;
	int r;

	*ret = 0;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	r = fdio_read_all(AT_FDCWD, file, CGROUP_MAX, &text, &len);
	if (r < 0)
		return r;
	line = !strncmp(text, "0::", 3) ? text : strstr(text, "\n0::");
	if (!line)
		return 0;
	line += strcspn(line, ":") + 2;
	place = behind(line, path + mount_length(path));
	if (place)
		snprintf(ret, size, "%.*s", (int)strcspn(place + 1, "\n"), place + 1);
	return 0;
}

/* path: of the cgroup. */
static int open_place(const void *base, const struct cgroup_dir *d, const char *path, pid_t pid,
		      int *fd)
{
	char place[PATH_MAX];
	int r, inner;

	if (d->below) {
		inner = open_below(*fd, flat_get_str(base, d->below));
	} else {
		if (!d->v2 || !passes_controllers_on(*fd))
			return 0;
		r = place_of(pid, path, place, sizeof(place));
		if (r < 0 || !place[0])
			return r;
		inner = open_below(*fd, place);
	}
	if (inner < 0)
		return inner;
	close(*fd);
	*fd = inner;
	return 0;
}

static int open_dir(const void *base, struct cgroup_dir *d, pid_t pid, bool by_write,
		    struct rl_err *e)
{
	const char *below = flat_get_str(base, d->below);
	rl_autoclose int fd = -EBADF;
	char path[PATH_MAX];
	struct statfs fs;
	int r;

	snprintf(path, sizeof(path), "%s%s", flat_get_str(base, d->mount),
		 flat_get_str(base, d->path));
	fd = cgroup_walk_open(&(struct cgroup_record_dir){ .path = path, .stop = path }, e);
	if (fd < 0)
		return rl_fail(e, fd, "open the cgroup %s", path);
	r = open_place(base, d, path, pid, &fd);
	/* Only version 1 has `tasks`. */
	if (r == 0 && d->v2 && fstatfs(fd, &fs) < 0)
		r = -errno;
	if (r == 0 && d->v2 && fs.f_type != CGROUP2_SUPER_MAGIC)
		r = -EXDEV;
	if (r == 0 && (!d->v2 || by_write || cgroup_freezes(fd)))
		r = d->enter_fd = fdio_open_at(fd, d->v2 ? "cgroup.procs" : "tasks", O_WRONLY, 0);
	if (r < 0)
		return rl_fail(e, r, "open the cgroup %s%s%s", path, below ? "/" : "",
			       below ? below : "");
	if (d->v2)
		d->dir_fd = RL_TAKE_FD(fd);
	return 0;
}

int cgroup_join_open(void *base, struct cgroup_plan *p, pid_t pid, bool by_write, struct rl_err *e)
{
	FLAT_EACH(base, p->dirs, struct cgroup_dir, d) {
		int r = open_dir(base, d, pid, by_write, e);

		if (r < 0)
			return r;
	}
	return 0;
}
