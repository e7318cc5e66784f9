/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans where the cgroup of a container is, in which hierarchies, and puts its limits together.
 * Pure.
 */
#include "base/auto.h"
#include "cgroup/build.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_PATH "linux.cgroupsPath"

#define PATH_LIMIT      2048 /* bytes of the cleaned path: half of PATH_MAX */
#define COMPONENT_LIMIT 255  /* NAME_MAX */
#define WRITES_LIMIT    8192

int cgroup_build_write(struct cgroup_build *b, const struct cgroupfs_hierarchy *h, const char *file,
		       const char *value, const char *where)
{
	struct cgroup_write *w;

	if (b->n_writes == b->cap_writes) {
		size_t cap = b->cap_writes ? b->cap_writes * 2 : 64;

		if (cap > WRITES_LIMIT)
			return rl_fail_at(b->e, -E2BIG, where, "plan the limits of the cgroup");
		w = realloc(b->writes, cap * sizeof(*w));
		if (!w)
			return rl_fail(b->e, -ENOMEM, "plan the limits of the cgroup");
		b->writes = w;
		b->cap_writes = cap;
	}
	b->writes[b->n_writes++] = (struct cgroup_write){
		.dir = (uint32_t)(h - b->fs->h),
		.file = flat_add_str(b->f, file),
		.value = flat_add_str(b->f, value),
		.where = flat_add_str(b->f, where),
	};
	return 0;
}

int cgroup_build_enable(struct cgroup_build *b, const char *controller)
{
	size_t at = strlen(b->enable);
	char word[64];
	const char *found;

	if (snprintf(word, sizeof(word), "+%s", controller) >= (int)sizeof(word))
		return -E2BIG;
	found = strstr(b->enable, word);
	if (found && (found[strlen(word)] == ' ' || !found[strlen(word)]))
		return 0;
	if (snprintf(b->enable + at, sizeof(b->enable) - at, "%s%s", at ? " " : "", word) >=
	    (int)(sizeof(b->enable) - at))
		return -E2BIG;
	return 0;
}

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

static void plan_dirs(const struct cgroup_build *b, struct cgroup_plan *p)
{
	struct cgroup_dir dirs[CGROUPFS_MAX];

	for (size_t i = 0; i < b->fs->n; i++) {
		const struct cgroupfs_hierarchy *h = &b->fs->h[i];

		dirs[i] = (struct cgroup_dir){
			.mount = flat_add_str(b->f, h->mount),
			.path = p->path,
			.v2 = h->v2,
			.join = 1,
			.cpuset = !h->v2 && cgroupfs_find(b->fs, "cpuset") == h,
			.freezer = !h->v2 && cgroupfs_find(b->fs, "freezer") == h,
			.enable = h->v2 && b->enable[0] ? flat_add_str(b->f, b->enable) : 0,
			.made = -1,
			.dir_fd = -1,
			.enter_fd = -1,
		};
	}
	p->dirs = flat_add_list(b->f, dirs, b->fs->n, sizeof(dirs[0]));
	p->writes = flat_add_list(b->f, b->writes, b->n_writes, sizeof(b->writes[0]));
}

static int plan_limits(const struct oci_config *c, struct cgroup_build *b, struct cgroup_plan *p)
{
	const struct oci_resources *res = c->linux_ ? c->linux_->resources : NULL;
	int r;

	r = res ? limits_plan(res, b) : 0;
	return r < 0 ? r : device_rules_plan(c, b, p);
}

int cgroup_plan(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
		struct cgroup_plan *ret, struct rl_err *e)
{
	bool enabled = facts->manager != CGROUP_MANAGER_DISABLED;
	struct cgroup_build b = { .fs = enabled ? facts->cgroupfs : NULL, .f = f, .e = e };
	struct cgroup_plan p = { .manager = facts->manager };
	rl_autofree struct cgroup_write *writes = NULL;
	int r = 0;

	if (enabled && facts->cgroupfs->mode == CGROUPFS_NONE) {
		rl_whole(e, -ENODEV, "no cgroup file system is mounted");
		rl_hint(e, "mount cgroup2 at /sys/fs/cgroup, or run without a cgroup by "
			   "--cgroup-manager=disabled");
		return -ENODEV;
	}
	if (enabled)
		r = plan_path(c, facts, f, &p, e);
	if (r == 0)
		r = plan_limits(c, &b, &p);
	writes = b.writes;
	if (r < 0)
		return r;
	if (enabled)
		plan_dirs(&b, &p);
	r = flat_failed(f);
	if (r < 0)
		return rl_fail(e, r, "plan the cgroup");
	*ret = p;
	return 0;
}
