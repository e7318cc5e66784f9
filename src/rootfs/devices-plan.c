/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the devices that every container has, those of the configuration, and the links in /dev. */
#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "rootfs/rootfs-build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The kernel has 12 bits for the major and 20 for the minor number. */
#define MAJOR_MAX 4095
#define MINOR_MAX 1048575

/* config-linux.md#default-devices; /dev/console comes with a terminal. */
static const struct {
	const char *path;
	uint32_t major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

/* runtime-linux.md#dev-symbolic-links, and what programs have come to expect beside them. */
static const struct {
	const char *path;
	const char *target;
	bool replace;
} default_links[] = {
	{ "/dev/fd", "/proc/self/fd", false },       { "/dev/stdin", "/proc/self/fd/0", false },
	{ "/dev/stdout", "/proc/self/fd/1", false }, { "/dev/stderr", "/proc/self/fd/2", false },
	{ "/dev/core", "/proc/kcore", false },       { "/dev/ptmx", "pts/ptmx", true },
};

/* Whether /dev is a bind mount: then it is somebody else's, and nothing is made in it. */
static bool is_dev_bound(const struct rootfs_build *b)
{
	bool bound = false;

	for (size_t i = 0; i < b->n_mounts && !flat_failed(b->f); i++) {
		const struct rootfs_mount *m = &b->mounts[i];

		if (m->kind != ROOTFS_MOUNT_REMOUNT &&
		    !strcmp(flat_get_str(b->f->data, m->dest), "/dev"))
			bound = m->kind == ROOTFS_MOUNT_TREE;
	}
	return bound;
}

static int check_number(struct rootfs_build *b, const char *where, const char *member, bool has,
			int64_t value, int64_t max)
{
	char key[96];

	snprintf(key, sizeof(key), "%s.%s", where, member);
	if (!has)
		return rl_refuse(b->e, key, "is missing");
	if (value < 0 || value > max)
		return rl_refuse(b->e, key, "%lld is not between 0 and %lld", (long long)value,
				 (long long)max);
	return 0;
}

static int read_type(struct rootfs_build *b, const char *where, const char *type, uint32_t *ret)
{
	if (!type || strlen(type) != 1 || !strchr("cubp", *type))
		return rl_refuse(b->e, where, "type \"%s\" is none of c, u, b and p",
				 type ? type : "");
	*ret = *type == 'p' ? S_IFIFO : *type == 'b' ? S_IFBLK : S_IFCHR;
	return 0;
}

static int plan_device(struct rootfs_build *b, const struct oci_device *c, const char *where,
		       bool dev_bound)
{
	struct rootfs_device d = { .fd = -1 };
	char path[ROOTFS_PATH_MAX];
	int r;

	if (!c->path || *c->path != '/')
		return rl_refuse(b->e, where, "path \"%s\" is not absolute",
				 c->path ? c->path : "");
	r = rootfs_build_path(b, where, c->path, path);
	if (r < 0)
		return r;
	if (!strcmp(path, "/"))
		return rl_refuse(b->e, where, "the root cannot be a device");
	r = read_type(b, where, c->type, &d.mode);
	if (r < 0)
		return r;
	if (d.mode != S_IFIFO) {
		r = check_number(b, where, "major", c->has_major, c->major, MAJOR_MAX);
		if (r == 0)
			r = check_number(b, where, "minor", c->has_minor, c->minor, MINOR_MAX);
		if (r < 0)
			return r;
		d.major = (uint32_t)c->major;
		d.minor = (uint32_t)c->minor;
	}
	/* Engines send the type bits of st_mode too. */
	d.mode |= c->has_file_mode ? c->file_mode & 07777 : 0666;
	d.uid = c->has_uid ? c->uid : 0;
	d.gid = c->has_gid ? c->gid : 0;
	d.where = flat_add_str(b->f, where);
	d.path = flat_add_str(b->f, path);
	d.must_exist = dev_bound && rootfs_build_is_below(path, "/dev");
	return rootfs_build_device(b, &d);
}

/* Whether linux.devices has an entry of its own for the path of a default device. */
static bool is_overridden(const struct rootfs_build *b, const char *path)
{
	for (size_t i = 0; i < b->n_devices && !flat_failed(b->f); i++)
		if (!strcmp(flat_get_str(b->f->data, b->devices[i].path), path))
			return true;
	return false;
}

static int plan_default_devices(struct rootfs_build *b)
{
	for (size_t i = 0; i < RL_COUNT(default_devices); i++) {
		const struct rootfs_device d = {
			.path = flat_add_str(b->f, default_devices[i].path),
			.mode = S_IFCHR | 0666,
			.major = default_devices[i].major,
			.minor = default_devices[i].minor,
			.fd = -1,
		};
		int r;

		if (is_overridden(b, default_devices[i].path))
			continue;
		r = rootfs_build_device(b, &d);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_default_links(struct rootfs_build *b)
{
	int r = 0;

	for (size_t i = 0; i < RL_COUNT(default_links) && r == 0; i++)
		r = rootfs_build_link(b, default_links[i].path, default_links[i].target,
				      default_links[i].replace);
	return r;
}

int devices_plan(struct rootfs_build *b, const struct oci_config *c)
{
	const struct oci_linux *l = c->linux_;
	const bool dev_bound = is_dev_bound(b);
	size_t n = l ? l->n_devices : 0;
	int r;

	b->p->dev_bound = dev_bound;
	if (n > ROOTFS_DEVICES_MAX)
		return rl_refuse(b->e, "linux.devices", "has more than %d entries",
				 ROOTFS_DEVICES_MAX);
	for (size_t i = 0; i < n; i++) {
		char where[64];

		snprintf(where, sizeof(where), "linux.devices[%zu]", i);
		r = plan_device(b, l->devices[i], where, dev_bound);
		if (r < 0)
			return r;
	}
	if (dev_bound)
		return 0;
	r = plan_default_devices(b);
	return r < 0 ? r : plan_default_links(b);
}
