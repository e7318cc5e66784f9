/* SPDX-License-Identifier: Apache-2.0 */
/* Changes the shares of a container that exists; see rdt.h. */
#include "base/auto.h"
#include "cgroup/rdt/rdt-schema.h"
#include "cgroup/rdt/rdt.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static int open_group(const struct rdt_record *r, struct rl_err *e)
{
	int fd = resctrl_open(r->group);

	if (fd == -EXDEV)
		return rl_whole(e, fd, "the record names %s, which is no group of resctrl",
				r->group);
	return fd < 0 ? rl_fail(e, fd, "open the group %s", r->group) : fd;
}

/* Everything in one write(2), as the kernel wants it. */
static int write_schemata(const struct rdt_record *r, int group_fd, const char *text,
			  struct rl_err *e)
{
	rl_autoclose int fd = fdio_open_at(group_fd, "schemata", O_WRONLY | O_TRUNC, 0);
	rl_autofree char *mount = strndup(r->group, (size_t)(strrchr(r->group, '/') - r->group));
	char why[160] = "";
	int ret = fd < 0 ? fd : fdio_write_full(fd, text, strlen(text));

	if (ret == 0)
		return 0;
	if (mount)
		resctrl_status(mount, why, sizeof(why));
	return rl_fail(e, ret, "write \"%.*s\" to %s/schemata%s%s%s",
		       (int)(strlen(text) > 80 ? 80 : strlen(text) - 1), text, r->group,
		       why[0] ? " (" : "", why, why[0] ? ")" : "");
}

static int check(const struct rdt_record *r, const char *mem_bw, struct rl_err *e)
{
	if (!r->group)
		return rl_whole(e, -EINVAL,
				"the container has no shares of cache and memory bandwidth: its "
				"configuration has no linux.intelRdt");
	if (r->group[0] != '/')
		return rl_whole(e, -EINVAL, "the record names %s, which is no group of resctrl",
				r->group);
	if (!r->own) {
		rl_whole(e, -EPERM,
			 "the group %s was not made for this container, and others may be in it",
			 r->group);
		rl_hint(e, "to change it for all: write to %s/schemata", r->group);
		return -EPERM;
	}
	if (mem_bw && (strncmp(mem_bw, "MB:", 3) != 0 || strchr(mem_bw, '\n')))
		return rl_whole(e, -EINVAL,
				"a schema of memory bandwidth is one line that starts with MB:");
	return 0;
}

int rdt_update(const struct rdt_record *r, const char *l3, const char *mem_bw, char **ret_old,
	       struct rl_err *e)
{
	rl_autofree char *text = NULL, *old = NULL;
	rl_autoclose int fd = -EBADF;
	struct rl_err ignored = RL_ERR_INIT;
	size_t len;
	int ret = check(r, mem_bw, e);

	if (ret < 0)
		return ret;
	ret = rdt_schema_join(l3, mem_bw, &text);
	if (ret < 0)
		return rl_fail(e, ret, "put the schemata together");
	fd = open_group(r, e);
	if (fd < 0)
		return fd;
	ret = fdio_read_all(fd, "schemata", RDT_SCHEMA_NOW, &old, &len);
	if (ret < 0)
		return rl_fail(e, ret, "read %s/schemata", r->group);
	if (text)
		ret = write_schemata(r, fd, text, e);
	if (ret < 0)
		rdt_update_undo(r, old, &ignored);
	else
		*ret_old = RL_TAKE_PTR(old);
	return ret;
}

int rdt_update_undo(const struct rdt_record *r, const char *old, struct rl_err *e)
{
	rl_autoclose int fd = open_group(r, e);

	return fd < 0 ? fd : write_schemata(r, fd, old, e);
}
