/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the id maps of a process that is in a new user namespace; see user_namespaces(7). */
#include "process/process.h"

#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

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
