/* SPDX-License-Identifier: Apache-2.0 */
/* Plans and applies other limits for a cgroup that is in use; see cgroup.h. */
#include "base/auto.h"
#include "base/log.h"
#include "cgroup/build.h"
#include "cgroup/cgroup-enable.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/devices/device-update.h"
#include "cgroup/limits/cgroup-now.h"
#include "cgroup/limits/journal.h"
#include "cgroup/limits/limits.h"
#include "cgroup/systemd/scope.h"
#include "libocispec/ocispec.h"
#include "os/nsfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the container is. */
struct places {
	struct cgroupfs fs; /* the hierarchies of the host in which it has a directory */
	const char *dirs[CGROUPFS_MAX]; /* these, in their order */
};

/* The hierarchy that is mounted above the directory, or NULL. */
static const struct cgroupfs_hierarchy *hierarchy_of(const struct cgroupfs *fs, const char *dir)
{
	const struct cgroupfs_hierarchy *found = NULL;

	for (size_t i = 0; i < fs->n; i++) {
		const char *mount = fs->h[i].mount;
		size_t n = strlen(mount);

		if (!strncmp(dir, mount, n) && dir[n] == '/' &&
		    (!found || n > strlen(found->mount)))
			found = &fs->h[i];
	}
	return found;
}

static int find_place(const struct cgroupfs *fs, const struct cgroup_record_dir *d,
		      struct places *p, struct rl_err *e)
{
	const struct cgroupfs_hierarchy *h = hierarchy_of(fs, d->path);
	rl_autoclose int fd = cgroup_walk_open(d, e);

	if (fd == -ENOENT)
		return rl_whole(e, fd, "cgroup %s of the container is gone", d->path);
	if (fd < 0)
		return fd;
	/* Not mounted any more: what is to be changed there will be found missing. */
	if (!h)
		return 0;
	if (p->fs.n == CGROUPFS_MAX)
		return rl_whole(e, -E2BIG, "the record of the container names too many cgroups");
	p->dirs[p->fs.n] = d->path;
	p->fs.h[p->fs.n++] = *h;
	return 0;
}

static int find_places(const struct cgroupfs *fs, const struct cgroup_record *rec,
		       struct places *ret, struct rl_err *e)
{
	int r = 0;

	if (!rec->n) {
		rl_whole(e, -EOPNOTSUPP, "the container has no cgroup, and so no limits");
		rl_hint(e, "it was made with --cgroup-manager=disabled");
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < rec->n && r == 0; i++)
		r = find_place(fs, &rec->dirs[i], ret, e);
	ret->fs.mode = fs->mode;
	return r;
}

static void add_dirs(const struct places *places, struct cgroup_build *b, struct cgroup_plan *p)
{
	struct cgroup_dir dirs[CGROUPFS_MAX];

	for (size_t i = 0; i < places->fs.n; i++) {
		const struct cgroupfs_hierarchy *h = &places->fs.h[i];

		dirs[i] = (struct cgroup_dir){
			.mount = flat_add_str(b->f, h->mount),
			.path = flat_add_str(b->f, places->dirs[i] + strlen(h->mount)),
			.v2 = h->v2,
			.enable = h->v2 && b->enable[0] ? flat_add_str(b->f, b->enable) : 0,
			.made = -1,
			.dir_fd = -1,
			.enter_fd = -1,
		};
	}
	p->dirs = flat_add_list(b->f, dirs, places->fs.n, sizeof(dirs[0]));
}

/* Whether the kernel may kill for it: then it cannot be taken back. */
static bool may_kill(const struct cgroup_build *b, const struct cgroup_write *w)
{
	return b->fs->h[w->dir].v2 && !flat_failed(b->f) &&
	       !strncmp(flat_ptr(b->f, w->file), "memory.", strlen("memory."));
}

static void add_writes(const struct cgroup_build *b, struct cgroup_plan *p)
{
	for (size_t i = 0; i < b->n_writes; i++)
		if (may_kill(b, &b->writes[i]))
			b->writes[i].flags |= CGROUP_WRITE_LAST;
	p->writes = flat_add_list(b->f, b->writes, b->n_writes, sizeof(*b->writes));
}

static int plan_limits(const struct oci_resources *res, const struct places *places,
		       struct cgroup_update *u, struct rl_err *e)
{
	struct cgroup_build b = { .fs = &places->fs, .f = &u->f, .e = e };
	rl_autofree struct cgroup_write *writes = NULL;
	int r;

	b.now = u->now = malloc(sizeof(*u->now));
	if (!u->now)
		return rl_fail(e, -ENOMEM, "read the limits that are in force");
	r = cgroup_now_read(&places->fs, places->dirs, u->now, e);
	if (r == 0)
		r = limits_plan(res, &b);
	writes = b.writes;
	if (r < 0)
		return r;
	add_writes(&b, &u->p);
	add_dirs(places, &b, &u->p);
	return 0;
}

/* The rules in the form of the kernel's version, and as a list for systemd. */
static int plan_devices(const struct oci_config *stored, const struct oci_resources *res,
			const struct places *places, struct cgroup_update *u, struct rl_err *e)
{
	const struct cgroupfs_hierarchy *h = cgroupfs_find(&places->fs, "devices");
	int r;

	if (!h)
		h = cgroupfs_find_v2(&places->fs);
	if (!h)
		return rl_refuse(
			e, "linux.resources.devices",
			"the devices controller of cgroups is not available to the container");
	/* As at create: bpf(2) is not for us. */
	if (h->v2 && !nsfile_is_host_root()) {
		log_warn("resources.devices: with cgroup v2 and without root's rights nothing can "
			 "keep the container to its device rules, ignoring");
		return 0;
	}
	u->devices = malloc(sizeof(*u->devices));
	if (!u->devices)
		return rl_fail(e, -ENOMEM, "plan the device rules");
	*u->devices = (struct device_update)DEVICE_UPDATE_INIT;
	r = device_update_plan(stored, res, places->dirs[h - places->fs.h], h->v2, u->devices, e);
	return r == 0 ? device_rules_list(stored, res, h->v2, &u->f, &u->p.rules, e) : r;
}

int cgroup_update_plan(const struct oci_config *stored, const struct oci_resources *res,
		       const struct cgroupfs *fs, const struct cgroup_record *rec,
		       struct cgroup_update *ret, struct rl_err *e)
{
	struct places places = { 0 };
	int r;

	*ret = (struct cgroup_update){ .record = rec };
	flat_init(&ret->f, sizeof(struct cgroup_plan));
	r = find_places(fs, rec, &places, e);
	if (r == 0)
		r = plan_limits(res, &places, ret, e);
	if (r == 0 && res->n_devices)
		r = plan_devices(stored, res, &places, ret, e);
	if (r == 0 && flat_failed(&ret->f))
		r = rl_fail(e, flat_failed(&ret->f), "plan the limits of the cgroup");
	return r;
}

void cgroup_update_done(struct cgroup_update *u)
{
	if (u->devices)
		device_update_done(u->devices);
	free(u->devices);
	u->devices = NULL;
	free(u->now);
	u->now = NULL;
	flat_done(&u->f);
}

static int enable_controllers(struct cgroup_update *u, struct journal *j, struct rl_err *e)
{
	FLAT_EACH(u->f.data, u->p.dirs, struct cgroup_dir, d) {
		int r = cgroup_enable(u->f.data, &u->p, d, j, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static void take_back_devices(struct cgroup_update *u)
{
	struct rl_err e = RL_ERR_INIT;
	char line[1024];

	if (u->devices && device_update_undo(u->devices, &e) < 0)
		log_warn("%s: the new device rules stay, ignoring",
			 rl_err_line(&e, line, sizeof(line)));
}

/*
 * systemd writes the files of what it was told again, in a form of its own: whole percents of a
 * CPU, and what it was not told as it was when the unit began. Ours are the last ones.
 */
static int tell_systemd(struct cgroup_update *u, struct rl_err *e)
{
	int r = scope_update(u->f.data, &u->p, u->now, u->record, e);

	return r < 0 || !u->record->unit ? r : limits_write(u->f.data, &u->p, false, NULL, e);
}

/* In the order of what can be taken back: systemd, too, kills for a limit of memory. */
int cgroup_update_apply(struct cgroup_update *u, struct rl_err *e)
{
	rl_auto(journal_done) struct journal j = { 0 };
	int r = limits_check(u->f.data, &u->p, e);

	if (r == 0 && u->devices)
		r = device_update_apply(u->devices, e);
	if (r == 0)
		r = enable_controllers(u, &j, e);
	if (r == 0)
		r = limits_write(u->f.data, &u->p, false, &j, e);
	if (r == 0)
		r = tell_systemd(u, e);
	if (r == 0)
		r = limits_write(u->f.data, &u->p, true, &j, e);
	if (r == 0)
		return 0;
	journal_restore(&j);
	take_back_devices(u);
	return r;
}
