/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left to do at the cgroup of a container when its process is in it; see cgroup.h.
 *
 * The owner changes of the container's own directory and of the files in it that the kernel names
 * as safe (cgroups(7), "Cgroups v2 delegation"): whoever may write to others could lift his limits.
 */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "cgroup/limits/limits.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SAFE_FILES     "/sys/kernel/cgroup/delegate"
#define SAFE_FILES_MAX ((size_t)1 << 16)

/* Of kernels without that file (config-linux.md#cgroup-ownership). */
#define SAFE_FILES_OLD "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n"

/* Everything in the list, and the directory last; what does not exist is left out. */
static int give(int dir_fd, char *list, uid_t owner)
{
	char *name;

	while ((name = strsep(&list, "\n")) != NULL)
		if (name[0] && !strchr(name, '/') &&
		    fchownat(dir_fd, name, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return -errno;
	return fchownat(dir_fd, "", owner, (gid_t)-1, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* The files that may be given, one a line; allocated. */
static int read_safe_files(char **ret)
{
	size_t len;
	int r = fdio_read_all(AT_FDCWD, SAFE_FILES, SAFE_FILES_MAX, ret, &len);

	if (r != -ENOENT)
		return r;
	*ret = strdup(SAFE_FILES_OLD);
	return *ret ? 0 : -ENOMEM;
}

static int give_dir(const char *path, uid_t owner, struct rl_err *e)
{
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	rl_autofree char *list = NULL;
	int r = read_safe_files(&list);

	if (r < 0)
		return rl_fail(e, r, "read " SAFE_FILES);
	r = fd < 0 ? fd : give(fd, list, owner);
	return r < 0 ? rl_fail_at(e, r, "process.user.uid", "give the cgroup %s to uid %u", path,
				  owner) :
		       0;
}

int cgroup_settle(const void *base, const struct cgroup_plan *p, uid_t owner, struct rl_err *e)
{
	const struct cgroup_dir *first = flat_get(base, p->dirs.off);
	char path[PATH_MAX];
	int r = 0;

	FLAT_EACH(base, p->dirs, const struct cgroup_dir, d) {
		snprintf(path, sizeof(path), "%s%s", flat_get_str(base, d->mount),
			 flat_get_str(base, d->path));
		if (d->v2 && owner != (uid_t)-1)
			r = give_dir(path, owner, e);
		/* It is no longer being made; see cgroup-host.c. */
		if (r == 0 && d == first && d->made > 0 && chmod(path, CGROUP_MODE) < 0)
			r = rl_fail_at(e, -errno, flat_get_str(base, p->where),
				       "set the mode of %s", path);
		if (r < 0)
			return r;
	}
	return limits_write(base, p, true, NULL, e);
}
