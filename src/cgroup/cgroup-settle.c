/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left to do at the cgroup of a container when its process is in it; see cgroup.h.
 *
 * The owner changes of the container's own directory and of the files in it that the kernel names
 * as safe (cgroups(7), "Cgroups v2 delegation"): whoever may write to others could lift his limits.
 */
#include "base/auto.h"
#include "cgroup/cgroup.h"
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

static int give_dir(const void *base, const struct cgroup_dir *d, uid_t owner, struct rl_err *e)
{
	rl_autofree char *list = NULL;
	size_t len;
	int r = fdio_read_all(AT_FDCWD, SAFE_FILES, SAFE_FILES_MAX, &list, &len);

	if (r == -ENOENT) {
		list = strdup(SAFE_FILES_OLD);
		r = list ? 0 : -ENOMEM;
	}
	if (r < 0)
		return rl_fail(e, r, "read " SAFE_FILES);
	r = give(d->dir_fd, list, owner);
	return r < 0 ? rl_fail_at(e, r, "process.user.uid", "give the cgroup %s%s to uid %u",
				  flat_get_str(base, d->mount), flat_get_str(base, d->path),
				  owner) :
		       0;
}

/* It is no longer being made; see cgroup-host.c. */
static int unmark(const void *base, const struct cgroup_plan *p, struct rl_err *e)
{
	const struct cgroup_dir *first = flat_get(base, p->dirs.off);
	char path[PATH_MAX];

	if (!p->dirs.n || first->made <= 0)
		return 0;
	snprintf(path, sizeof(path), "%s%s", flat_get_str(base, first->mount),
		 flat_get_str(base, first->path));
	return chmod(path, CGROUP_MODE) < 0 ? rl_fail_at(e, -errno, flat_get_str(base, p->where),
							 "set the mode of %s", path) :
					      0;
}

int cgroup_settle(const void *base, const struct cgroup_plan *p, uid_t owner, struct rl_err *e)
{
	FLAT_EACH(base, p->dirs, const struct cgroup_dir, d) {
		int r = d->v2 && owner != (uid_t)-1 ? give_dir(base, d, owner, e) : 0;

		if (r < 0)
			return r;
	}
	return unmark(base, p, e);
}
