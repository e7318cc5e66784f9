/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes the cgroup directories of a container; see cgroup.h.
 *
 * The directories below the container's were made by what ran in it: of any number, depth and name.
 * So the tree is taken down with two descriptors and without paths: down into the first directory,
 * up by
 * "..". What is to be removed comes from state.json: it is checked again.
 */
#include "base/auto.h"
#include "cgroup/cgroup.h"
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
#include <time.h>

#define WAIT_MS 2000 /* for a cgroup whose last process is just leaving */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

/* rmdir, again and again while it is busy. */
static int remove_dir(int dirfd, const char *name, int64_t deadline)
{
	int64_t us = 100;

	for (;;) {
		int r = fdio_unlink_at(dirfd, name, AT_REMOVEDIR);

		if (is_gone(r))
			return 0;
		if (r != -EBUSY || now_ms() >= deadline)
			return r;
		usleep((useconds_t)us);
		us = us < 20000 ? us * 2 : us;
	}
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The name of a directory in this one. 1: found, 0: there is none, or a negative errno. */
static int first_child(int fd, char name[static NAME_MAX + 1])
{
	rl_auto(close_dir) DIR *d = NULL;
	struct dirent *entry;
	int again = fdio_open_at(fd, ".", O_RDONLY | O_DIRECTORY, 0);

	if (again < 0)
		return is_gone(again) ? 0 : again;
	d = fdopendir(again);
	if (!d) {
		close(again);
		return -ENOMEM;
	}
	while ((entry = readdir(d))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		return 1;
	}
	return 0;
}

static int move_to(int *fd, const char *name)
{
	int next = fdio_open_at(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (next < 0)
		return next;
	close(*fd);
	*fd = next;
	return 0;
}

/* Whether the directory has one in it: two links and one for each. */
static bool has_children(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 2;
}

/* Remove all that is below the directory. Takes the descriptor and gives another one back. */
static int remove_below(int *fd, int64_t deadline)
{
	size_t depth = 0;
	int r;

	for (;;) {
		char name[NAME_MAX + 1];

		r = first_child(*fd, name);
		if (r < 0)
			return r;
		if (r == 0) {
			if (!depth)
				return 0;
			depth--;
			r = move_to(fd, "..");
		} else if (has_children(*fd, name)) {
			depth++;
			r = move_to(fd, name);
		} else {
			r = remove_dir(*fd, name, deadline);
		}
		if (r < 0)
			return r;
	}
}

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

/* An absolute path without "..", of which `stop` is the start. */
static bool is_sane(const struct cgroup_record_dir *d)
{
	size_t n = strlen(d->stop);

	return d->path[0] == '/' && !strstr(d->path, "/../") && n > 1 &&
	       !strncmp(d->path, d->stop, n) && (d->path[n] == '/' || !d->path[n]) &&
	       strlen(d->path) < PATH_MAX;
}

/* Remove the directories above ours, while they are ours and nobody uses them. */
static void remove_ancestors(char *path, const char *stop)
{
	for (;;) {
		int r;

		*strrchr(path, '/') = 0;
		if (strlen(path) <= strlen(stop))
			return;
		r = fdio_unlink_at(AT_FDCWD, path, AT_REMOVEDIR);
		if (r < 0 && !is_gone(r))
			return;
	}
}

/* What is more than an empty directory. Only here the tree is entered: so it must be cgroups. */
static int remove_tree(const char *path, bool ours, int64_t deadline)
{
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int r;

	if (fd < 0)
		return is_gone(fd) ? 0 : fd;
	r = check_cgroup(fd);
	if (r == 0)
		r = remove_below(&fd, deadline);
	return r == 0 && ours ? remove_dir(AT_FDCWD, path, deadline) : r;
}

static int remove_one(const struct cgroup_record_dir *d, int64_t deadline)
{
	bool ours = strcmp(d->path, d->stop) != 0;
	char path[PATH_MAX];
	int r;

	if (!is_sane(d))
		return -EINVAL;
	snprintf(path, sizeof(path), "%s", d->path);
	r = ours ? fdio_unlink_at(AT_FDCWD, path, AT_REMOVEDIR) : -EBUSY;
	if (r < 0 && !is_gone(r))
		r = remove_tree(path, ours, deadline);
	if (r < 0 && !is_gone(r))
		return r;
	if (ours)
		remove_ancestors(path, d->stop);
	return 0;
}

static void describe(const struct cgroup_record_dir *d, int r, struct rl_err *e)
{
	char path[PATH_MAX], procs[64] = "";

	if (e && e->code)
		return;
	rl_fail(e, r, "remove the cgroup %s", d->path);
	if (r != -EBUSY || snprintf(path, sizeof(path), "%s/cgroup.procs", d->path) >= PATH_MAX)
		return;
	fdio_read_at(AT_FDCWD, path, procs, sizeof(procs));
	procs[strcspn(procs, "\n")] = 0;
	if (procs[0])
		rl_hint(e, "it still has processes, among them %s", procs);
}

int cgroup_remove(const struct cgroup_record *r, struct rl_err *e)
{
	int64_t deadline = now_ms() + WAIT_MS;
	int first = 0;

	for (size_t i = 0; i < r->n; i++) {
		int ret = remove_one(&r->dirs[i], deadline);

		if (ret == 0)
			continue;
		describe(&r->dirs[i], ret, e);
		first = first ? first : ret;
	}
	return first;
}
