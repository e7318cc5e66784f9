/* SPDX-License-Identifier: Apache-2.0 */
/* Enables controllers of v2 for a cgroup that exists; see cgroup-enable.h. */
#include "cgroup/cgroup-enable.h"

#include "base/auto.h"
#include "cgroup/controllers.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Whether the container's cgroup has all of "+memory +pids" already. 1: yes; 0: no. */
static int has_controllers(const struct controllers *c, const char *path, struct rl_err *e)
{
	const char *needed = c->needed;
	char file[PATH_MAX], list[1024];
	struct span word;
	int r;

	snprintf(file, sizeof(file), ".%s/cgroup.controllers", path);
	r = fdio_read_at(c->mount_fd, file, list, sizeof(list));
	if (r < 0)
		return rl_fail(e, r, "read %s%s", c->mount, file + 1);
	while (span_word(&needed, &word))
		if (!controllers_have(list, word))
			return 0;
	return 1;
}

static int enable_kept(const struct controllers *c, const char *dir, struct journal *j,
		       struct rl_err *e)
{
	char file[PATH_MAX];
	size_t n = j->n;
	int r;

	if (snprintf(file, sizeof(file), "%s%s/cgroup.subtree_control", c->mount, dir) >=
	    (int)sizeof(file))
		return rl_fail(e, -ENAMETOOLONG, "find the controllers of %s%s", c->mount, dir);
	r = journal_keep(j, file, c->needed);
	if (r < 0)
		return rl_fail(e, r, "read %s", file);
	r = controllers_pass_on(c, dir, e);
	if (r < 0)
		journal_cut(j, n);
	return r;
}

int cgroup_enable(const void *base, const struct cgroup_plan *p, struct cgroup_dir *d,
		  struct journal *j, struct rl_err *e)
{
	const char *path = flat_get_str(base, d->path);
	rl_autoclose int mount_fd = -EBADF;
	struct controllers c = {
		.mount = flat_get_str(base, d->mount),
		.needed = flat_get_str(base, d->enable),
		.where = flat_get_str(base, p->where),
		.last = true,
	};
	char dir[PATH_MAX];
	int r;

	if (!d->v2 || !c.needed)
		return 0;
	mount_fd = fdio_open_at(AT_FDCWD, c.mount, O_PATH | O_DIRECTORY, 0);
	if (mount_fd < 0)
		return rl_fail(e, mount_fd, "open %s", c.mount);
	c.mount_fd = mount_fd;
	r = has_controllers(&c, path, e);
	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t len = 0; r == 0 && path[len]; len += 1 + strcspn(path + len + 1, "/")) {
		snprintf(dir, sizeof(dir), "%.*s", (int)len, path);
		r = enable_kept(&c, dir, j, e);
	}
	return r;
}
