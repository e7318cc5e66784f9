/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the namespaces that are joined by path, and checks that they are what they should be: of
 * their kind, and not the host's where the container would change them.
 */
#include "process/process.h"

#include "base/auto.h"
#include "os/nsfile.h"

#include <errno.h>
#include <linux/sched.h>
#include <unistd.h>

/* Whose namespaces a container may share but not change. */
static const struct owner {
	const char *pid;
	const char *name;
} owners[] = {
	{ "self", "rundlet itself" },
	{ "1", "process 1" }, /* the host's, where rundlet was given some of its own */
};

/* The owner of the namespace, or NULL. */
static int find_owner(const struct namespace_join *j, const struct owner **ret, struct rl_err *e)
{
	const struct namespace_kind *k = namespaces_kinds;
	const struct owner *found = NULL;

	while (k->flag != j->flag)
		k++;
	for (size_t i = 0; i < RL_COUNT(owners) && !found; i++) {
		char path[64];
		int r;

		snprintf(path, sizeof(path), "/proc/%s/ns/%s", owners[i].pid, k->file);
		r = nsfile_same(j->fd, path);
		/* Not everybody may look at process 1. */
		if (r < 0 && (i == 0 || (r != -EACCES && r != -EPERM && r != -ENOENT)))
			return rl_fail(e, r, "compare a namespace with \"%s\"", path);
		if (r > 0)
			found = &owners[i];
	}
	*ret = found;
	return 0;
}

/* The key of what changes in a namespace of this kind, or NULL. */
static const char *find_change(const void *base, const struct namespaces_plan *p, uint32_t flag)
{
	if (flag == CLONE_NEWUTS && p->hostname)
		return "hostname";
	if (flag == CLONE_NEWUTS && p->domainname)
		return "domainname";
	FLAT_EACH(base, p->sysctls, const struct sysctl_entry, s)
		if (s->flag == flag)
			return flat_get_str(base, s->where);
	if (flag == CLONE_NEWNET)
		FLAT_EACH(base, p->netdevs, const struct netdev_entry, d)
			return flat_get_str(base, d->where);
	return NULL;
}

static int check_owner(const void *base, const struct namespaces_plan *p,
		       const struct namespace_join *j, struct rl_err *e)
{
	const char *change = find_change(base, p, j->flag), *where = flat_get_str(base, j->where);
	const struct owner *o = NULL;
	int r;

	if (!change && j->flag != CLONE_NEWNS)
		return 0;
	r = find_owner(j, &o, e);
	if (r < 0 || !o)
		return r;
	if (!change)
		return rl_refuse(e, where,
				 "is the mount namespace of %s, where the mounts of the container "
				 "would be made",
				 o->name);
	return rl_refuse(e, change, "would change the host: %s is the %s namespace of %s", where,
			 namespaces_word(j->flag), o->name);
}

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

		if (r == 0)
			r = check_owner(base, p, j, e);
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
