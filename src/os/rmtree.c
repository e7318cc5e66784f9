/* SPDX-License-Identifier: Apache-2.0 */
/* Removes directories with all that is in them; see rmtree.h. */
#include "os/rmtree.h"

#include "base/auto.h"
#include "os/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 64 /* whoever made it may have meant to use up our stack */

static int remove_in(int dirfd, const char *name, int depth);

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int empty(int fd, int depth)
{
	rl_auto(close_dir) DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (!is_dot(entry->d_name))
			r = remove_in(fd, entry->d_name, depth + 1);
	return r;
}

/* What is no directory is just removed. */
static int remove_in(int dirfd, const char *name, int depth)
{
	int fd, r = depth ? fdio_unlink_at(dirfd, name, 0) : -EISDIR;

	if (r != -EISDIR)
		return r;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	fd = fdio_open_at(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	r = fd < 0 ? fd : empty(fd, depth);
	return r < 0 ? r : fdio_unlink_at(dirfd, name, AT_REMOVEDIR);
}

int rmtree_at(int dirfd, const char *name)
{
	int r = fdio_unlink_at(dirfd, name, AT_REMOVEDIR);

	return r == -ENOTEMPTY ? remove_in(dirfd, name, 0) : r;
}
