/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a container's cgroup and prints all that it uses; see stats.h. */
#include "cgroup/stats/stats.h"

#include "base/auto.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/stats/stats-read.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>

static int open_dir(const struct cgroup_record_dir *from, struct stats_dir *ret, struct rl_err *e)
{
	rl_autoclose int fd = cgroup_walk_open(from, e);
	struct statfs fs;

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0)
		return rl_fail(e, -errno, "look at the cgroup %s", from->path);
	*ret = (struct stats_dir){ RL_TAKE_FD(fd), fs.f_type == CGROUP2_SUPER_MAGIC, from->path };
	return 0;
}

int stats_open(const struct cgroup_record *r, const struct rdt_record *rdt, struct stats *ret,
	       struct rl_err *e)
{
	*ret = (struct stats){ .dirs = calloc(r->n + 1, sizeof(*ret->dirs)), .rdt = rdt };
	if (!ret->dirs)
		return rl_fail(e, -ENOMEM, "open the cgroup");
	for (size_t i = 0; i < r->n; i++) {
		int ret_dir = open_dir(&r->dirs[i], &ret->dirs[ret->n], e);

		if (ret_dir < 0 && ret_dir != -ENOENT)
			return ret_dir;
		ret->n += ret_dir == 0;
	}
	if (!ret->n)
		return rl_whole(e, -ENOENT, "the container's cgroup is gone");
	return 0;
}

void stats_close(struct stats *s)
{
	for (size_t i = 0; i < s->n; i++)
		close(s->dirs[i].fd);
	free(s->dirs);
	*s = (struct stats){ 0 };
}

int stats_print(const struct stats *s, struct report *out, struct rl_err *e)
{
	struct stats_read reading = { .from = s, .out = out, .e = e };

	stats_cpu(&reading);
	stats_cpuset(&reading);
	stats_memory(&reading);
	stats_pids(&reading);
	stats_blkio(&reading);
	stats_hugetlb(&reading);
	stats_rdma(&reading);
	stats_rdt(&reading);
	report_null(out, "network_interfaces");
	return reading.error;
}
