/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet makes the cgroups by itself: plans where they are; see manager.h. Pure. */
#include "cgroup/manager.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define KEY_PATH "linux.cgroupsPath"

#define PATH_LIMIT      2048 /* bytes of the cleaned path: half of PATH_MAX */
#define COMPONENT_LIMIT 255  /* NAME_MAX */

/* What the systemd manager takes: "slice:prefix:name". */
static bool is_systemd_path(const char *path)
{
	const char *first = strchr(path, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	return second && !strchr(second + 1, ':') && !strchr(path, '/');
}

static int add_component(const char *name, size_t len, char *buf, size_t *at, struct rl_err *e)
{
	if (!len || (len == 1 && name[0] == '.'))
		return 0;
	if (len == 2 && !memcmp(name, "..", 2))
		return rl_refuse(e, KEY_PATH, "the path must not contain \"..\"");
	if (len > COMPONENT_LIMIT || *at + 1 + len >= PATH_LIMIT)
		return rl_refuse(
			e, KEY_PATH,
			"the path is too long: at most %d bytes, and %d between two slashes",
			PATH_LIMIT - 1, COMPONENT_LIMIT);
	buf[(*at)++] = '/';
	memcpy(buf + *at, name, len);
	*at += len;
	return 0;
}

/* Make "/a/b" of "a//./b/"; buf has PATH_LIMIT bytes. */
static int clean_path(const char *path, char *buf, struct rl_err *e)
{
	size_t at = 0;

	if (is_systemd_path(path)) {
		rl_refuse(e, KEY_PATH,
			  "\"%.100s\" is not a path, but a name for the systemd manager", path);
		rl_hint(e, "it has the form slice:prefix:name, which --systemd-cgroup takes; the "
			   "cgroupfs manager takes a path such as /slice/name");
		return -EINVAL;
	}
	/* The kernel refuses it in a name, but only after we made the directories above. */
	if (strchr(path, '\n'))
		return rl_refuse(e, KEY_PATH, "the path must not contain a newline");
	while (*path) {
		size_t len = strcspn(path, "/");
		int r = add_component(path, len, buf, &at, e);

		if (r < 0)
			return r;
		path += len + (path[len] == '/');
	}
	if (!at)
		return rl_refuse(
			e, KEY_PATH,
			"the root of the cgroups is not a container's: name a cgroup below it");
	buf[at] = 0;
	return 0;
}

static int plan_path(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
		     struct cgroup_plan *p, struct rl_err *e)
{
	const char *path = c->linux_ ? c->linux_->cgroups_path : NULL;
	char buf[PATH_LIMIT];
	int r;

	if (!path || !path[0]) {
		p->path = flat_add_fmt(f, "/rundlet-%s", facts->id);
		return 0;
	}
	r = clean_path(path, buf, e);
	if (r < 0)
		return r;
	p->path = flat_add_str(f, buf);
	p->where = flat_add_str(f, KEY_PATH);
	return 0;
}

const struct manager manager_cgroupfs = { .name = "cgroupfs", .plan = plan_path };
