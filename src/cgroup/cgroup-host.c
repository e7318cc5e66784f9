/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the cgroup of a container; see cgroup.h. Its limits are written by limits-host.c.
 *
 * Directories are made beneath a descriptor of the mount, which is checked to be a cgroup file
 * system: below it there are no symlinks, and the plan lets no ".." through. The directories above
 * the container's may be shared with others, who make and remove them at the same time.
 */
#include "base/auto.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"
#include "cgroup/manager.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define RACES_MAX 100  /* how often a directory above ours may vanish while we work in it */
#define SET_MAX   4096 /* bytes of cpuset.cpus */
#define DIR_MAX   2304 /* bytes of a directory below the mount; the plan's limit is lower */

/* The work on one hierarchy. */
struct work {
	const void *base;
	const struct cgroup_plan *p;
	struct cgroup_dir *d;
	const char *mount;
	const char *path; /* "/machine/web" */
	int mount_fd;
	bool mark; /* this is the first hierarchy */
	bool made_leaf;
	bool last; /* the last attempt at a path in which others work */
	struct rl_err *e;
};

static int fail(const struct work *w, int r, const char *verb, const char *path)
{
	return rl_fail_at(w->e, r, flat_get_str(w->base, w->p->where), "%s %s%s", verb, w->mount,
			  path);
}

static int refuse(const struct work *w, const char *why, const char *hint)
{
	rl_refuse(w->e, flat_get_str(w->base, w->p->where), "the cgroup %s%s %s", w->mount, w->path,
		  why);
	rl_hint(w->e, "%s", hint);
	return -EBUSY;
}

static int refuse_used(const struct work *w, const char *why)
{
	return refuse(
		w, why,
		"give the container a cgroup of its own; one of a container that is gone, or was "
		"left by a crash, goes with delete --force or rmdir");
}

static bool is_cgroupfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);
}

/*
 * Copy a value of a cpuset from the directory above if it has none: v1 lets no process in before.
 * One that was just made has none.
 */
static int inherit_file(const struct work *w, const char *parent, const char *dir, const char *file,
			bool made)
{
	char from[PATH_MAX], to[PATH_MAX], value[SET_MAX];
	int r;

	snprintf(from, sizeof(from), ".%s/%s", parent, file);
	snprintf(to, sizeof(to), ".%s/%s", dir, file);
	r = made ? 0 : fdio_read_at(w->mount_fd, to, value, sizeof(value));
	if (r < 0 || (r > 0 && value[0] != '\n'))
		return r < 0 ? r : 0;
	r = fdio_read_at(w->mount_fd, from, value, sizeof(value));
	if (r < 0)
		return r;
	value[strcspn(value, "\n")] = 0;
	return value[0] ? fdio_write_at(w->mount_fd, to, value) : 0;
}

static int inherit_cpuset(const struct work *w, const char *dir, bool made)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char parent[DIR_MAX];

	snprintf(parent, sizeof(parent), "%s", dir);
	*strrchr(parent, '/') = 0;
	for (size_t i = 0; i < RL_COUNT(files); i++) {
		int r = inherit_file(w, parent, dir, files[i], made);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Let the directory pass controllers on to those below it; see controllers_pass_on(). */
static int enable(const struct work *w, const char *dir)
{
	const struct controllers c = {
		.mount_fd = w->mount_fd,
		.mount = w->mount,
		.needed = flat_get_str(w->base, w->d->enable),
		.wanted = flat_get_str(w->base, w->d->enable_too),
		.where = flat_get_str(w->base, w->p->where),
		.last = w->last,
	};

	return w->d->v2 ? controllers_pass_on(&c, dir, w->e) : 0;
}

/* Make one directory of the path, or find it. 1: made; 0: it was there. */
static int make_component(const struct work *w, const char *dir)
{
	bool mark = w->mark && !strcmp(dir, w->path);
	char path[PATH_MAX];
	int made, r;

	snprintf(path, sizeof(path), ".%s", dir);
	r = fdio_mkdir_at(w->mount_fd, path, CGROUP_MODE | (mark ? CGROUP_MARK_UNFINISHED : 0));
	if (r < 0 && r != -EEXIST)
		return r;
	made = r == 0;
	if (w->d->cpuset) {
		r = inherit_cpuset(w, dir, made);
		if (r < 0) {
			if (made)
				unlinkat(w->mount_fd, path, AT_REMOVEDIR);
			return cgroup_walk_is_gone(r) ?
				       r :
				       fail(w, r, "copy the cpuset of its parent to", dir);
		}
	}
	return made;
}

/*
 * Remove the directories of the first `len` bytes of the path, but not of the first `keep`. Others
 * may be in the upper ones.
 */
static void unmake(const struct work *w, size_t keep, size_t len)
{
	char path[DIR_MAX + 1];

	snprintf(path, sizeof(path), ".%.*s", (int)len, w->path);
	while (strlen(path + 1) > keep) {
		unlinkat(w->mount_fd, path, AT_REMOVEDIR);
		*strrchr(path, '/') = 0;
	}
	w->d->made = 0;
}

/* The last name may be that of a file of the cgroup above it, which mkdirat(2) finds as well. */
static int check_directory(const struct work *w)
{
	char path[DIR_MAX + 3];

	snprintf(path, sizeof(path), ".%s/.", w->path);
	return faccessat(w->mount_fd, path, F_OK, 0) < 0 ? -errno : 0;
}

/*
 * Make the whole path, outermost first. *ret_keep: bytes of it that existed; from the first one
 * that is made on all is ours to remove, if nobody else is in it then. -ENOENT: a directory
 * vanished behind us.
 */
static int make_path(struct work *w, size_t *ret_keep)
{
	char dir[DIR_MAX] = "";
	size_t len = 0;

	*ret_keep = strlen(w->path);
	while (w->path[len]) {
		size_t above = len;
		int r = enable(w, dir);

		if (r < 0)
			return r;
		len += 1 + strcspn(w->path + len + 1, "/");
		snprintf(dir, sizeof(dir), "%.*s", (int)len, w->path);
		r = make_component(w, dir);
		if (r < 0)
			return cgroup_walk_is_gone(r) ? r : fail(w, r, "make the cgroup", dir);
		if (r && above < *ret_keep)
			*ret_keep = above;
		w->made_leaf = r;
	}
	return w->made_leaf ? 0 : check_directory(w);
}

static int make_path_racing(struct work *w)
{
	int r = -ENOENT;

	w->d->made = 0;
	for (int i = 0; i < RACES_MAX && cgroup_walk_is_gone(r); i++) {
		size_t keep;

		w->last = i == RACES_MAX - 1;
		r = make_path(w, &keep);
		/* Where we did not get to making the last one, it is somebody else's if it is
		 * there. */
		if (r < 0)
			unmake(w, keep, (size_t)(strrchr(w->path, '/') - w->path));
		for (const char *p = w->path + keep; r == 0 && w->made_leaf && *p; p++)
			w->d->made += *p == '/';
	}
	return r < 0 ? fail(w, r, "make the cgroup", w->path) : 0;
}

/* Take back what make_path_racing() made. */
static void unmake_all(const struct work *w)
{
	size_t keep = strlen(w->path);

	for (int32_t left = w->d->made; left > 0; left--)
		while (w->path[--keep] != '/')
			;
	unmake(w, keep, strlen(w->path));
}

static int read_leaf(const struct work *w, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), ".%s/%s", w->path, file);
	return fdio_read_at(w->mount_fd, path, buf, size);
}

/* A directory that was there before us must be one that nobody uses (M107). */
static int check_unused(const struct work *w, const char *events)
{
	char procs[32], path[PATH_MAX];
	struct stat st;
	int r;

	if (strstr(events, "populated 1"))
		return refuse_used(w, "has processes");
	r = read_leaf(w, "cgroup.procs", procs, sizeof(procs));
	if (r < 0)
		return fail(w, r, "read the processes of", w->path);
	if (r > 0)
		return refuse_used(w, "has processes");
	snprintf(path, sizeof(path), ".%s", w->path);
	if (fstatat(w->mount_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(w, -errno, "look at", w->path);
	if (st.st_mode & CGROUP_MARK_UNFINISHED)
		return refuse_used(w, "is being made for another container");
	/* A cgroup has two links, and one more for each directory in it. */
	if (st.st_nlink > 2)
		return refuse_used(w, "has cgroups below it");
	if (w->d->v2)
		controllers_pass_none(w->mount_fd, w->path);
	return 0;
}

/* Threads of a process may be spread over threaded cgroups; whole processes cannot be in them. */
static int check_type(const struct work *w)
{
	char type[32];
	int r = read_leaf(w, "cgroup.type", type, sizeof(type));

	if (r < 0)
		return fail(w, r, "read the type of", w->path);
	if (!strncmp(type, "domain", 6) && strcmp(type, "domain invalid\n") != 0)
		return 0;
	return refuse(
		w, !strcmp(type, "threaded\n") ? "is threaded" : "is below a threaded one",
		"whole processes can only be in a cgroup that is a domain: see cgroup.type of it "
		"and of those above");
}

/* Also for one that we made: a frozen cgroup above it freezes it. */
static int check_fit(const struct work *w)
{
	char events[128] = "", state[32] = "";
	int r = 0;

	if (w->d->v2)
		r = read_leaf(w, "cgroup.events", events, sizeof(events));
	else if (w->d->freezer)
		r = read_leaf(w, "freezer.state", state, sizeof(state));
	if (r < 0)
		return fail(w, r, "read the state of", w->path);
	if (strstr(events, "frozen 1") || (state[0] && strcmp(state, "THAWED\n") != 0))
		return refuse_used(w, "is frozen");
	r = w->d->v2 ? check_type(w) : 0;
	return r < 0 || w->d->made ? r : check_unused(w, events);
}

static int open_in_leaf(const struct work *w, const char *file, int flags, int32_t *ret)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), ".%s%s", w->path, file);
	fd = fdio_open_at(w->mount_fd, path, flags, 0);
	if (fd < 0)
		return fail(w, fd, "open the cgroup", w->path);
	*ret = fd;
	return 0;
}

static int open_leaf(const struct work *w)
{
	int r;

	if (!w->d->v2)
		return open_in_leaf(w, "/tasks", O_WRONLY, &w->d->enter_fd);
	r = open_in_leaf(w, "", O_PATH | O_DIRECTORY, &w->d->dir_fd);
	if (r == 0 && w->d->by_write)
		r = open_in_leaf(w, "/cgroup.procs", O_WRONLY, &w->d->enter_fd);
	return r;
}

static int create_dir(struct work *w)
{
	int r;

	if (!is_cgroupfs(w->mount_fd))
		return fail(w, -ENODEV, "find the cgroup file system that was mounted at", "");
	r = make_path_racing(w);
	if (r < 0)
		return r;
	/* systemd made the last one, for us: cgroup_create() had it checked before. */
	if (w->d->by_systemd && !w->d->made)
		w->d->made = 1;
	r = check_fit(w);
	if (r == 0)
		r = open_leaf(w);
	if (r < 0)
		unmake_all(w);
	return r;
}

/* Open the mount of a directory of the plan. */
static int work_init(struct work *w, const void *base, const struct cgroup_plan *p,
		     struct cgroup_dir *d, struct rl_err *e)
{
	*w = (struct work){
		.base = base,
		.p = p,
		.d = d,
		.mount = flat_get_str(base, d->mount),
		.path = flat_get_str(base, d->path),
		.mark = d == flat_get(base, p->dirs.off),
		.mount_fd = -EBADF,
		.e = e,
	};
	if (strlen(w->path) >= DIR_MAX || strlen(w->mount) + strlen(w->path) + 64 > PATH_MAX)
		return fail(w, -ENAMETOOLONG, "make the cgroup", w->path);
	w->mount_fd = fdio_open_at(AT_FDCWD, w->mount, O_PATH | O_DIRECTORY, 0);
	return w->mount_fd < 0 ? fail(w, w->mount_fd, "open", "") : 0;
}

static void work_done(struct work *w)
{
	if (w->mount_fd >= 0)
		close(w->mount_fd);
}

/* Remove again what one hierarchy got. */
static void undo_dir(const void *base, const struct cgroup_plan *p, struct cgroup_dir *d)
{
	rl_auto(work_done) struct work w = { .mount_fd = -EBADF };

	auto_close(&d->dir_fd);
	auto_close(&d->enter_fd);
	if (d->made > 0 && work_init(&w, base, p, d, NULL) == 0)
		unmake_all(&w);
}

static int create_dirs(void *base, struct cgroup_plan *p, struct rl_err *e)
{
	int r = 0;

	FLAT_EACH(base, p->dirs, struct cgroup_dir, d) {
		rl_auto(work_done) struct work w = { .mount_fd = -EBADF };

		r = work_init(&w, base, p, d, e);
		if (r == 0)
			r = create_dir(&w);
		if (r < 0)
			break;
	}
	if (r == 0)
		return 0;
	FLAT_EACH(base, p->dirs, struct cgroup_dir, d)
		undo_dir(base, p, d);
	return r;
}

/* systemd takes a directory that is there, whoever is in it: it must be nobody. */
static int check_dir(const void *base, const struct cgroup_plan *p, struct cgroup_dir *d,
		     struct rl_err *e)
{
	rl_auto(work_done) struct work w = { .mount_fd = -EBADF };
	char path[DIR_MAX + 1];
	int r = work_init(&w, base, p, d, e);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), ".%s", w.path);
	if (faccessat(w.mount_fd, path, F_OK, 0) < 0)
		return 0;
	d->made = 0;
	r = check_fit(&w);
	d->made = -1;
	return r;
}

int cgroup_create(void *base, struct cgroup_plan *p, struct rl_err *e)
{
	const struct manager *m = manager_of(p);
	int r = 0;

	FLAT_EACH(base, p->dirs, struct cgroup_dir, d)
		if (r == 0 && d->by_systemd)
			r = check_dir(base, p, d, e);
	if (r == 0 && m->create)
		r = m->create(base, p, e);
	if (r < 0)
		return r;
	r = create_dirs(base, p, e);
	if (r < 0 && m->abandon)
		m->abandon(base, p);
	return r;
}

void cgroup_entered(struct cgroup_plan *p)
{
	const struct manager *m = manager_of(p);

	if (m->close)
		m->close(p);
}

void cgroup_close(void *base, struct cgroup_plan *p)
{
	cgroup_entered(p);
	FLAT_EACH(base, p->dirs, struct cgroup_dir, d) {
		auto_close(&d->dir_fd);
		auto_close(&d->enter_fd);
	}
}
