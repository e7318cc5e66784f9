/* SPDX-License-Identifier: Apache-2.0 */
/* Tells which cgroup directories a container has and which of them are ours to remove. */
#include "base/auto.h"
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Cut the last component off. */
static void go_up(char *path)
{
	*strrchr(path, '/') = 0;
}

/* The innermost directory of the path that exists. The mount point, `root` bytes long, always does.
 */
static void find_existing(char *path, size_t root)
{
	while (strlen(path) > root && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0)
		go_up(path);
}

static enum cgroup_freezer freezer_of(const struct cgroup_dir *d)
{
	if (d->v2)
		return CGROUP_FREEZER_V2;
	return d->freezer ? CGROUP_FREEZER_V1 : CGROUP_FREEZER_NONE;
}

static int make_dir(const void *base, const struct cgroup_dir *d, struct cgroup_record_dir *ret)
{
	const char *mount = flat_get_str(base, d->mount);
	rl_autofree char *path = NULL, *stop = NULL;

	if (asprintf(&path, "%s%s", mount, flat_get_str(base, d->path)) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	stop = strdup(path);
	if (!stop)
		return -ENOMEM;
	if (d->made < 0 && d->by_systemd && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0)
		go_up(stop); /* the directories above are systemd's */
	else if (d->made < 0)
		find_existing(stop, strlen(mount));
	for (int32_t i = 0; i < d->made; i++)
		go_up(stop);
	*ret = (struct cgroup_record_dir){ RL_TAKE_PTR(path), RL_TAKE_PTR(stop), freezer_of(d) };
	return 0;
}

/* The unit is ours if its cgroup is, where it has one: what stands there was there before. */
static int make_unit(const void *base, const struct cgroup_plan *p, struct cgroup_record *ret)
{
	size_t i = 0;

	FLAT_EACH(base, p->dirs, const struct cgroup_dir, d) {
		if (d->by_systemd && !strcmp(ret->dirs[i].path, ret->dirs[i].stop))
			return 0;
		i++;
	}
	if (!p->unit.name)
		return 0;
	ret->unit = strdup(flat_get_str(base, p->unit.name));
	ret->bus = strdup(flat_get_str(base, p->unit.bus));
	return ret->unit && ret->bus ? 0 : -ENOMEM;
}

int cgroup_record_make(const void *base, const struct cgroup_plan *p, struct cgroup_record *ret)
{
	rl_auto(cgroup_record_done) struct cgroup_record rec = { 0 };
	int r;

	rec.dirs = calloc(p->dirs.n ? p->dirs.n : 1, sizeof(*rec.dirs));
	if (!rec.dirs)
		return -ENOMEM;
	FLAT_EACH(base, p->dirs, const struct cgroup_dir, d) {
		r = make_dir(base, d, &rec.dirs[rec.n]);
		if (r < 0)
			return r;
		rec.n++;
	}
	r = make_unit(base, p, &rec);
	if (r < 0)
		return r;
	*ret = rec;
	rec = (struct cgroup_record){ 0 };
	return 0;
}

bool cgroup_is_unfinished(const struct cgroup_record *r)
{
	struct stat st;

	for (size_t i = 0; i < r->n; i++)
		if (lstat(r->dirs[i].path, &st) == 0 && st.st_mode & CGROUP_MARK_UNFINISHED)
			return true;
	return false;
}

void cgroup_record_done(struct cgroup_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->dirs[i].path);
		free(r->dirs[i].stop);
	}
	free(r->dirs);
	free(r->unit);
	free(r->bus);
	*r = (struct cgroup_record){ 0 };
}
