/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the processes of cgroups; see cgroup-procs.h and, for cgroup_pids(), cgroup.h. */
#include "cgroup/cgroup-procs.h"

#include "base/auto.h"
#include "base/pidset.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/cgroup.h"
#include "os/clock.h"
#include "os/fdio.h"

#include <errno.h>
#include <string.h>

#define PROCS_MAX ((size_t)32 << 20) /* bytes of cgroup.procs */
#define REACH_MS  10000              /* to reach all cgroups, however many there are */

int cgroup_procs_read(int group, char **ret)
{
	rl_autofree char *text = NULL;
	size_t len;
	int r;

	*ret = NULL;
	r = fdio_read_all(group, "cgroup.procs", PROCS_MAX, &text, &len);
	if (cgroup_walk_is_gone(r) || r == -EOPNOTSUPP)
		return 0;
	if (r == 0 && len)
		*ret = RL_TAKE_PTR(text);
	return r;
}

pid_t cgroup_procs_next(const char **p)
{
	pid_t pid = (pid_t)strtol(*p, NULL, 10);

	*p = strchr(*p, '\n');
	if (*p && !*++*p)
		*p = NULL;
	return pid;
}

static int add_group(int group, void *arg)
{
	rl_autofree char *procs = NULL;
	int r = cgroup_procs_read(group, &procs);
	const char *p = procs;

	while (p && r == 0) {
		pid_t pid = cgroup_procs_next(&p);

		/* 0: a process of a pid namespace that ours does not see. */
		r = pid > 0 ? pidset_add(arg, pid) : 0;
	}
	return r;
}

static int add_tree(struct pidset *set, const struct cgroup_record_dir *d, struct rl_err *e)
{
	const struct cgroup_walk w = { .enter = add_group,
				       .arg = set,
				       .deadline = clock_ms() + REACH_MS };
	rl_autoclose int fd = cgroup_walk_open(d, e);
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = cgroup_walk(fd, &w);
	return r < 0 ? rl_fail(e, r, "read the processes of the cgroup %s", d->path) : 0;
}

int cgroup_pids(const struct cgroup_record *r, pid_t **ret, size_t *ret_n, struct rl_err *e)
{
	rl_auto(pidset_done) struct pidset set = { 0 };

	/* Every hierarchy has the same processes, unless somebody moved one. */
	for (size_t i = 0; i < r->n; i++) {
		int error = add_tree(&set, &r->dirs[i], e);

		if (error < 0)
			return error;
	}
	pidset_take(&set, ret, ret_n);
	return 0;
}
