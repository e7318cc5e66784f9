/* SPDX-License-Identifier: Apache-2.0 */
/* State directories; see state-dir.h. */
#include "container/state-dir.h"

#include "base/auto.h"
#include "container/notify.h"
#include "container/oom-note.h"
#include "os/fdio.h"
#include "os/rmtree.h"
#include "spec/id.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define REMOVE_TRIES 100

/*
 * All files that may be in the directory of a container, in the order of their removal: without its
 * record it is a directory that only has to go. .new: see fdio_replace_at(). The first two are
 * always there, and mostly no others.
 */
#define FILES_ALWAYS 2
static const char *const files[] = {
	"state.json", "config.json", "start", ".state.json.new", ".config.json.new", OOM_NOTE_NAME,
};

/* Make the root and what is missing above it: /run/user/0 may not exist either. */
static int make_root(const char *root)
{
	rl_autofree char *path = strdup(root);
	int r = -ENOMEM;

	for (char *p = path; p;) {
		char *slash = strchr(p + 1, '/');

		if (slash)
			*slash = 0;
		r = fdio_mkdir_at(AT_FDCWD, path, slash ? 0755 : 0700);
		if (r < 0 && r != -EEXIST)
			return r;
		if (slash)
			*slash = '/';
		p = slash;
	}
	return r == -EEXIST ? 0 : r;
}

/*
 * Records say which processes to kill and which cgroups to remove: those that another user may have
 * written are not for us. Root's are: nobody else writes there.
 */
static bool is_mine(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static int check_owner(int fd, const char *what, const char *name, struct rl_err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return rl_fail(e, -errno, "look at %s \"%s\"", what, name);
	if (is_mine(&st))
		return 0;
	rl_hint(e, "use it as that user, or give --root a directory of your own");
	return rl_whole(e, -EPERM, "%s \"%s\" belongs to another user, uid %u", what, name,
			st.st_uid);
}

int state_dir_root(const char *root, bool create, struct rl_err *e)
{
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (fd == -ENOENT && create) {
		r = make_root(root);
		if (r < 0)
			return rl_fail(e, r, "make state root \"%s\"", root);
		fd = fdio_open_at(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd == -ENOENT && !create)
		return -ENOENT;
	if (fd < 0)
		return rl_fail(e, fd, "open state root \"%s\"", root);
	r = check_owner(fd, "state root", root, e);
	return r < 0 ? r : RL_TAKE_FD(fd);
}

static int lock(int fd)
{
	int r;

	do {
		r = flock(fd, LOCK_EX);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* 1 if the name still means this directory, which may be removed, and made anew, by others; else 0,
 * or a negative errno. */
static int is_named(int root_fd, const char *id, int fd)
{
	struct stat a, b;

	if (fstat(fd, &a) < 0)
		return -errno;
	if (fstatat(root_fd, id, &b, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool has_record(int fd)
{
	return faccessat(fd, files[0], F_OK, 0) == 0;
}

static int unknown(const char *id, struct rl_err *e)
{
	return rl_whole(e, -ENOENT, "container \"%s\" does not exist", id);
}

static int exists(const char *id, struct rl_err *e)
{
	rl_hint(e, "choose another id, or remove it: rundlet delete --force %s", id);
	return rl_whole(e, -EEXIST, "container with id \"%s\" already exists", id);
}

int state_dir_create(int root_fd, const char *id, struct rl_err *e)
{
	rl_autoclose int fd = -EBADF;
	int r = fdio_mkdir_at(root_fd, id, 0700);

	if (r == -EEXIST)
		return exists(id, e);
	if (r < 0)
		return rl_fail(e, r, "make the state directory of \"%s\"", id);
	fd = fdio_open_at(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	r = fd < 0 ? fd : lock(fd);
	if (r == 0)
		r = is_named(root_fd, id, fd);
	if (r < 0 && r != -ENOENT) {
		unlinkat(root_fd, id, AT_REMOVEDIR);
		return rl_fail(e, r, "lock the state directory of \"%s\"", id);
	}
	/* A delete --force came between mkdir and lock, and perhaps another create after it; which
	 * may have lost its own directory in the same way, and taken this one. */
	if (r == -ENOENT || r == 0 || has_record(fd))
		return exists(id, e);
	return RL_TAKE_FD(fd);
}

int state_dir_open_file(int root_fd, const char *id, const char *file)
{
	struct open_how how = { .flags = O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	rl_autoclose int fd = -EBADF;
	char path[PATH_MAX];
	struct stat st, dir;

	if (snprintf(path, sizeof(path), "%s/%s", id, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || fstatat(root_fd, id, &dir, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return is_mine(&st) && is_mine(&dir) ? RL_TAKE_FD(fd) : -EPERM;
}

int state_dir_open(const char *root, const char *id, struct rl_err *e)
{
	rl_autoclose int root_fd = -EBADF;
	int r;

	r = id_check(id, e);
	if (r < 0)
		return r;
	root_fd = state_dir_root(root, false, e);
	if (root_fd == -ENOENT)
		return unknown(id, e);
	return root_fd < 0 ? root_fd : state_dir_open_at(root_fd, id, e);
}

int state_dir_open_at(int root_fd, const char *id, struct rl_err *e)
{
	rl_autoclose int fd = fdio_open_at(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int r;

	if (fd == -ENOENT || fd == -ENAMETOOLONG)
		return unknown(id, e);
	if (fd < 0)
		return rl_fail(e, fd, "open the state directory of \"%s\"", id);
	r = check_owner(fd, "the state directory of", id, e);
	return r < 0 ? r : RL_TAKE_FD(fd);
}

int state_dir_lock(int fd, const char *id, int ms, struct rl_err *e)
{
	if (!state_dir_lock_again(fd, ms))
		return rl_whole(e, -EBUSY, "container \"%s\" is in use by another command", id);
	return state_dir_is_removed(fd) ? unknown(id, e) : 0; /* while we waited */
}

bool state_dir_is_lasting(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC;
}

bool state_dir_is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || st.st_nlink == 0;
}

void state_dir_unlock(int fd)
{
	flock(fd, LOCK_UN);
}

bool state_dir_lock_again(int fd, int ms)
{
	const struct timespec pause = { .tv_nsec = 10L * 1000 * 1000 };

	for (; flock(fd, LOCK_EX | LOCK_NB) < 0; ms -= 10) {
		if (ms <= 0)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

bool state_dir_is_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return true;
	flock(fd, LOCK_UN);
	return false;
}

/* The lock of births is on a file that stays as it is. */
static int open_births(int fd)
{
	return fdio_open_at(fd, "config.json", O_RDONLY | O_NOFOLLOW, 0);
}

int state_dir_share_births(int fd)
{
	rl_autoclose int births = open_births(fd);

	return births < 0 || flock(births, LOCK_SH | LOCK_NB) == 0 ? RL_TAKE_FD(births) : -EBUSY;
}

int state_dir_bar_births(int fd, int ms)
{
	rl_autoclose int births = open_births(fd);

	return births < 0 || state_dir_lock_again(births, ms) ? RL_TAKE_FD(births) : -EBUSY;
}

/* What a removal answered. */
static bool is_gone(int r)
{
	return r == 0 || r == -ENOENT;
}

static int empty_and_remove(int root_fd, const char *id, int fd)
{
	/* Who may mount can write there, from within a container; while there is a record it can
	 * be tried again. */
	int r = rmtree_at(fd, NOTIFY_DIR);
	const int named = is_named(root_fd, id, fd);

	if (!is_gone(r) || named < 0)
		return is_gone(r) ? named : r;
	for (size_t i = 0; i < RL_COUNT(files) && (is_gone(r) || r == -ENOTEMPTY); i++) {
		r = fdio_unlink_at(fd, files[i], 0);
		if (!is_gone(r) || !named || i < FILES_ALWAYS - 1)
			continue;
		r = fdio_unlink_at(root_fd, id, AT_REMOVEDIR);
		if (r == 0)
			break;
	}
	return r;
}

int state_dir_remove(int root_fd, const char *id, int fd, struct rl_err *e)
{
	int r = -ENOTEMPTY;

	/* `events`, which takes no lock, may make its file meanwhile: each one once. */
	for (int i = 0; i < REMOVE_TRIES && r == -ENOTEMPTY; i++)
		r = empty_and_remove(root_fd, id, fd);
	return is_gone(r) ? 0 : rl_fail(e, r, "remove the state directory of \"%s\"", id);
}
