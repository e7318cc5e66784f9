/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the namespaces that are joined by path, and checks that they are what they should be. */
#include "process/process.h"

#include "os/nsfile.h"

#include <errno.h>
#include <unistd.h>

static int open_one(const void *base, struct namespace_join *j, struct rl_err *e)
{
	const char *path = flat_get_str(base, j->path), *where = flat_get_str(base, j->where);
	int type;

	j->fd = nsfile_open(path);
	if (j->fd < 0)
		return rl_fail_at(e, j->fd, where, "open the %s namespace \"%s\"",
				  namespaces_word(j->flag), path);
	type = nsfile_type(j->fd);
	if (type == -ENOTTY)
		return rl_refuse(e, where, "\"%s\" is not a namespace", path);
	if (type < 0)
		return rl_fail_at(e, type, where, "ask for the type of the namespace \"%s\"", path);
	if ((uint32_t)type != j->flag)
		return rl_refuse(e, where, "\"%s\" is a %s namespace, not a %s namespace", path,
				 namespaces_word((uint32_t)type), namespaces_word(j->flag));
	return 0;
}

int namespaces_open(void *base, struct namespaces_plan *p, struct rl_err *e)
{
	FLAT_EACH(base, p->joins, struct namespace_join, j) {
		int r = open_one(base, j, e);

		if (r < 0)
			return r;
	}
	return 0;
}

void namespaces_close(void *base, struct namespaces_plan *p)
{
	FLAT_EACH(base, p->joins, struct namespace_join, j) {
		if (j->fd >= 0)
			close(j->fd);
		j->fd = -EBADF;
	}
}
