/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the tree of cgroups below a container's directory; see cgroup-walk.h.
 *
 * The innermost KEEP directories on the way are held open. One further up is opened again by ".."
 * when the walk comes back, and goes on behind the entry that it came from, which is known by its
 * inode number. To look for it costs as many steps as that directory has entries: for each way down
 * that is longer than KEEP, so a payload gains little by building against it.
 */
#include "cgroup/cgroup-walk.h"

#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "os/clock.h"
#include "os/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define KEEP    32    /* directories that are open at a time */
#define LOOK_MS 10000 /* for the search of a process */

struct level {
	DIR *dir;
	char name[NAME_MAX + 1]; /* in the one above, while that is held open */
};

/* Where a walk is. Level n is in ring[n % KEEP]. */
struct place {
	const struct cgroup_walk *walk;
	struct level ring[KEEP];
	size_t depth;  /* the innermost level */
	size_t lowest; /* the outermost one that is held open */
	dev_t dev;
	int error; /* the first */
};

bool cgroup_walk_is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

/* --- the walk --- */

static struct level *level_at(struct place *p, size_t depth)
{
	return &p->ring[depth % KEEP];
}

static void level_close(struct level *l)
{
	if (l->dir)
		closedir(l->dir);
	l->dir = NULL;
}

static void place_done(struct place *p)
{
	for (size_t i = 0; i < KEEP; i++)
		level_close(&p->ring[i]);
}

static void keep_error(struct place *p, int r)
{
	if (r < 0 && !p->error && !cgroup_walk_is_gone(r))
		p->error = r;
}

/* The next directory in this one, or NULL. */
static const struct dirent *next_child(struct place *p, DIR *d)
{
	const struct dirent *entry;

	errno = 0;
	while ((entry = readdir(d)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, ".."))
			return entry;
	keep_error(p, -errno);
	return NULL;
}

static int open_stream(int *fd, DIR **ret)
{
	DIR *d = fdopendir(*fd);

	if (!d)
		return -ENOMEM;
	*fd = -EBADF;
	*ret = d;
	return 0;
}

/* Call `enter` for a directory; *ret is its stream if others are in it. Above 0: end the walk. */
static int enter(struct place *p, int above, const char *name, DIR **ret)
{
	const struct cgroup_walk *w = p->walk;
	rl_autoclose int fd = fdio_open_at(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (p->dev && st.st_dev != p->dev)
		return -EXDEV;
	p->dev = st.st_dev;
	if (w->enter)
		r = w->enter(fd, w->arg);
	keep_error(p, r);
	/* Two links, and one for each directory in it. */
	if (r > 0 || st.st_nlink <= 2)
		return r > 0 ? r : 0;
	return open_stream(&fd, ret);
}

static void leave(struct place *p, const char *name)
{
	const struct cgroup_walk *w = p->walk;

	if (w->leave)
		keep_error(p, w->leave(dirfd(level_at(p, p->depth)->dir), name, w->arg));
}

static void push(struct place *p, const char *name, DIR *d)
{
	struct level *l = level_at(p, ++p->depth);

	if (p->depth - p->lowest == KEEP) {
		level_close(l);
		p->lowest++;
	}
	l->dir = d;
	snprintf(l->name, sizeof(l->name), "%s", name);
}

static int go_down(struct place *p, const char *name)
{
	DIR *d = NULL;
	int r = enter(p, dirfd(level_at(p, p->depth)->dir), name, &d);

	keep_error(p, r);
	if (r > 0)
		return r;
	if (d)
		push(p, name, d);
	else if (r == 0)
		leave(p, name);
	return 0;
}

/* Open the level above the innermost one, which is the lowest, behind the entry of that one. */
static int reopen_above(struct place *p)
{
	struct level *here = level_at(p, p->depth), *above = level_at(p, p->depth - 1);
	rl_autoclose int fd = fdio_open_at(dirfd(here->dir), "..", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *entry;
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(dirfd(here->dir), &st) < 0)
		return -errno;
	r = open_stream(&fd, &above->dir);
	if (r < 0)
		return r;
	p->lowest = p->depth - 1;
	do
		entry = next_child(p, above->dir);
	while (entry && entry->d_ino != st.st_ino);
	snprintf(here->name, sizeof(here->name), "%s", entry ? entry->d_name : "");
	/* Somebody removed it: its place is not known any more. */
	if (!entry)
		rewinddir(above->dir);
	return 0;
}

static int go_up(struct place *p)
{
	struct level *here = level_at(p, p->depth);
	int r = p->depth == p->lowest ? reopen_above(p) : 0;

	if (r < 0)
		return r;
	level_close(here);
	p->depth--;
	if (here->name[0])
		leave(p, here->name);
	return 0;
}

int cgroup_walk(int top_fd, const struct cgroup_walk *w)
{
	rl_auto(place_done) struct place p = { .walk = w };
	int r = enter(&p, top_fd, ".", &p.ring[0].dir);

	keep_error(&p, r);
	while (r <= 0 && p.ring[p.depth % KEEP].dir) {
		const struct dirent *entry = next_child(&p, level_at(&p, p.depth)->dir);

		if (entry)
			r = go_down(&p, entry->d_name);
		else if (p.depth)
			r = go_up(&p);
		else
			break;
		if (r == 0 && clock_ms() >= w->deadline)
			r = -ETIME;
		if (r < 0)
			return p.error ? p.error : r;
	}
	return r > 0 ? r : p.error;
}

/* --- what a record names --- */

/* Whether it is a cgroup, and not the root of its hierarchy. */
static int check_cgroup(int fd)
{
	struct stat here, above;
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &here) < 0 || fstatat(fd, "..", &above, 0) < 0)
		return -errno;
	if (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOTDIR;
	return here.st_dev == above.st_dev ? 0 : -EBUSY;
}

static bool ends_in_dots(const char *path)
{
	size_t n = strlen(path);

	return n >= 3 && !strcmp(path + n - 3, "/..");
}

bool cgroup_walk_is_sane(const struct cgroup_record_dir *d)
{
	size_t n = strlen(d->stop);

	return d->path[0] == '/' && !strstr(d->path, "/../") && !ends_in_dots(d->path) && n > 1 &&
	       !strncmp(d->path, d->stop, n) && (d->path[n] == '/' || !d->path[n]) &&
	       strlen(d->path) < PATH_MAX;
}

static int refuse(const struct cgroup_record_dir *d, int r, const char *why, struct rl_err *e)
{
	return rl_whole(e, r, "the record of the container names %s as its cgroup: %s", d->path,
			why);
}

int cgroup_walk_open(const struct cgroup_record_dir *d, struct rl_err *e)
{
	rl_autoclose int fd = -EBADF;
	int r;

	if (!cgroup_walk_is_sane(d))
		return refuse(d, -EINVAL, "that cannot be", e);
	fd = fdio_open_at(AT_FDCWD, d->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (cgroup_walk_is_gone(fd))
		return -ENOENT;
	if (fd < 0)
		return rl_fail(e, fd, "open the cgroup %s", d->path);
	r = check_cgroup(fd);
	if (cgroup_walk_is_gone(r))
		return -ENOENT;
	if (r == -ENOTDIR)
		return refuse(d, r, "that is no cgroup", e);
	if (r == -EBUSY)
		return refuse(d, r, "that is the root of a hierarchy", e);
	return r < 0 ? rl_fail(e, r, "look at the cgroup %s", d->path) : RL_TAKE_FD(fd);
}

bool cgroup_walk_has_file(int fd, const char *file)
{
	struct stat st;

	return fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* --- processes --- */

static int has_process(int fd, void *arg)
{
	char text[32];
	int r = fdio_read_at(fd, "cgroup.procs", text, sizeof(text));

	(void)arg;
	/* A threaded cgroup of v2. */
	if (r == -EOPNOTSUPP)
		r = fdio_read_at(fd, "cgroup.threads", text, sizeof(text));
	return r > 0 ? 1 : r;
}

bool cgroup_walk_finds_process(int top_fd)
{
	const struct cgroup_walk w = { .enter = has_process, .deadline = clock_ms() + LOOK_MS };

	return cgroup_walk(top_fd, &w) > 0;
}
