/* SPDX-License-Identifier: Apache-2.0 */
/* Has the id maps written of a process that is in a new user namespace; see user_namespaces(7). */
#include "process/process.h"

#include "base/auto.h"
#include "os/fdio.h"
#include "os/spawn.h"
#include "spec/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_MAX ((size_t)1 << 16) /* 340 lines of three numbers */

/* Where distributions have them. */
static const char *const dirs[] = { "/usr/bin", "/bin", "/run/wrappers/bin", "/usr/local/bin" };

/* A program that only root can have put there. */
static bool is_safe_tool(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH)) && access(path, X_OK) == 0;
}

static void find_tool(const char *name, char *buf, size_t size)
{
	for (size_t i = 0; i < RL_COUNT(dirs); i++) {
		snprintf(buf, size, "%s/%s", dirs[i], name);
		if (is_safe_tool(buf))
			return;
	}
	buf[0] = 0;
}

void idmap_find_tools(struct idmap_facts *ret)
{
	find_tool("newuidmap", ret->newuidmap, sizeof(ret->newuidmap));
	find_tool("newgidmap", ret->newgidmap, sizeof(ret->newgidmap));
}

/* One of the two maps. */
struct map {
	const char *text;
	const char *tool; /* NULL: we write it */
	const char *file;
	const char *where;
};

static int write_map(const struct map *m, pid_t pid, struct rl_err *e)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, m->file);
	r = fdio_write_at(AT_FDCWD, path, m->text);
	if (r < 0)
		rl_fail_at(e, r, m->where, "write the mappings to %s", path);
	if (r == -EPERM)
		rl_hint(e, "the host ids must be ours to give: rundlet needs CAP_SETUID and "
			   "CAP_SETGID, and in a user namespace the ids must be mapped in it");
	return r;
}

/* newuidmap PID INSIDE OUTSIDE COUNT ...: what it says is the reason. */
static int have_written(const struct map *m, pid_t pid, struct rl_err *e)
{
	rl_autofree char *text = strdup(m->text);
	char *argv[3 + 3 * IDMAP_LINES] = { (char *)(uintptr_t)m->tool };
	char number[12], said[RL_ERR_WHAT / 2] = "";
	char *rest = text, *word;
	size_t n = 2;
	int status = 0, r;

	if (!text)
		return rl_fail_at(e, -ENOMEM, m->where, "write the mappings");
	snprintf(number, sizeof(number), "%d", (int)pid);
	argv[1] = number;
	while ((word = strsep(&rest, " \n")) != NULL && n + 1 < RL_COUNT(argv))
		if (word[0])
			argv[n++] = word;
	r = spawn_wait(m->tool, argv, &status, said, sizeof(said));
	if (r < 0)
		return rl_fail_at(e, r, m->where, "start \"%s\"", m->tool);
	if (status == 0)
		return 0;
	rl_refuse(e, m->where, "%s does not write the mappings: %s", m->tool,
		  said[0] ? said : "it does not say why");
	rl_hint(e, "the ids of the host have to be the caller's own, or his by /etc/subuid and "
		   "/etc/subgid, and the program has to have its privileges");
	return -EINVAL;
}

static int write_one(const struct map *m, pid_t pid, struct rl_err *e)
{
	if (!m->text)
		return 0;
	return m->tool ? have_written(m, pid, e) : write_map(m, pid, e);
}

static int deny_groups(pid_t pid, struct rl_err *e)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
	r = fdio_write_at(AT_FDCWD, path, "deny");
	return r < 0 ? rl_fail_at(e, r, "linux.gidMappings", "write \"deny\" to %s", path) : 0;
}

int idmap_write(const void *base, const struct namespaces_plan *p, pid_t pid, struct rl_err *e)
{
	const struct map uids = { flat_get_str(base, p->uid_map), flat_get_str(base, p->uid_tool),
				  "uid_map", "linux.uidMappings" };
	const struct map gids = { flat_get_str(base, p->gid_map), flat_get_str(base, p->gid_tool),
				  "gid_map", "linux.gidMappings" };
	int r = p->deny_groups ? deny_groups(pid, e) : 0;

	if (r == 0)
		r = write_one(&gids, pid, e);
	return r < 0 ? r : write_one(&uids, pid, e);
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
