/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the id maps of a process that is in a new user namespace; see user_namespaces(7). */
#include "process/process.h"

#include "base/auto.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MAP_MAX ((size_t)1 << 16) /* 340 lines of three numbers */

static int write_map(const void *base, flat_str map, pid_t pid, const char *file, const char *where,
		     struct rl_err *e)
{
	const char *text = flat_get_str(base, map);
	char path[64];
	int r;

	if (!text)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = fdio_write_at(AT_FDCWD, path, text);
	if (r < 0)
		rl_fail_at(e, r, where, "write the mappings to %s", path);
	if (r == -EPERM)
		rl_hint(e, "the host ids must be ours to give: rundlet needs CAP_SETUID and "
			   "CAP_SETGID, and in a user namespace the ids must be mapped in it");
	return r;
}

int idmap_write(const void *base, const struct namespaces_plan *p, pid_t pid, struct rl_err *e)
{
	int r = write_map(base, p->gid_map, pid, "gid_map", "linux.gidMappings", e);

	return r < 0 ? r : write_map(base, p->uid_map, pid, "uid_map", "linux.uidMappings", e);
}

int idmap_outside(pid_t pid, uint32_t id, uint32_t *ret, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	uint32_t inside, outside, size;
	char path[64], *rest, *line;
	size_t len;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	r = fdio_read_all(AT_FDCWD, path, MAP_MAX, &text, &len);
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		if (sscanf(line, "%u %u %u", &inside, &outside, &size) != 3 || id < inside ||
		    id - inside >= size)
			continue;
		*ret = outside + (id - inside);
		return 0;
	}
	if (r < 0)
		return rl_fail(e, r, "read the user ids of the container from %s", path);
	return rl_refuse(e, "process.user.uid",
			 "%u is not mapped in the container's user namespace", id);
}
