/* SPDX-License-Identifier: Apache-2.0 */
/* Removes directories with all that is in them; see rmtree.h. */
#include "os/rmtree.h"

#include "base/auto.h"
#include "os/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* whoever made it may have meant to use up our stack */

struct tree {
	int top;        /* the directory that all is in */
	unsigned moved; /* how many directories were too deep and are in it now */
};

static int remove_in(struct tree *t, int dirfd, const char *name, int depth);

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int empty(struct tree *t, int fd, int depth)
{
	rl_autoclosedir DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (!is_dot(entry->d_name))
			r = remove_in(t, fd, entry->d_name, depth);
	return r;
}

static int move_up(struct tree *t, int dirfd, const char *name)
{
	char to[32];

	snprintf(to, sizeof(to), "moved-%d-%u", (int)getpid(), t->moved++);
	return renameat(dirfd, name, t->top, to) < 0 ? -errno : 0;
}

/* What is no directory is just removed. */
static int remove_in(struct tree *t, int dirfd, const char *name, int depth)
{
	int fd, r = fdio_unlink_at(dirfd, name, 0);

	if (r != -EISDIR)
		return r;
	if (depth == DEPTH_MAX)
		return move_up(t, dirfd, name);
	fd = fdio_open_at(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	r = fd < 0 ? fd : empty(t, fd, depth + 1);
	return r < 0 ? r : fdio_unlink_at(dirfd, name, AT_REMOVEDIR);
}

/* One time through it. */
static int remove_all(struct tree *t)
{
	int fd = fdio_open_at(t->top, ".", O_RDONLY | O_DIRECTORY, 0);

	t->moved = 0;
	return fd < 0 ? fd : empty(t, fd, 0);
}

int rmtree_at(int dirfd, const char *name)
{
	struct tree t = { .top = -EBADF };
	int r = fdio_unlink_at(dirfd, name, AT_REMOVEDIR);

	if (r != -ENOTEMPTY)
		return r;
	t.top = fdio_open_at(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (t.top < 0)
		return t.top;
	do {
		r = remove_all(&t);
	} while (r == 0 && t.moved);
	close(t.top);
	return r < 0 ? r : fdio_unlink_at(dirfd, name, AT_REMOVEDIR);
}
