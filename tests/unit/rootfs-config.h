/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the file tree's planner: a configuration in static memory, filled by hand. */
#ifndef RL_TESTS_ROOTFS_CONFIG_H
#define RL_TESTS_ROOTFS_CONFIG_H

#include "base/err.h"
#include "libocispec/ocispec.h"
#include "rootfs/rootfs.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <linux/mount.h>
#include <stdlib.h>

static struct arena arena;
static struct oci_config config;
static struct oci_root root;
static struct oci_linux lnx;
static struct oci_namespace mount_ns;
static struct oci_namespace *namespaces[1];
static struct oci_mount *mounts[256];
static struct oci_device *devices[8];
static struct rootfs_facts facts;
static struct cgroupfs cgroups;

static struct flat f;
static struct rootfs_plan plan;
static struct rl_err err;

static void reset(void)
{
	arena_done(&arena);
	flat_done(&f);
	mount_ns = (struct oci_namespace){ .type = arena_str(&arena, "mount") };
	namespaces[0] = &mount_ns;
	root = (struct oci_root){ .path = arena_str(&arena, "rootfs") };
	lnx = (struct oci_linux){ .namespaces = namespaces, .n_namespaces = 1, .devices = devices };
	config = (struct oci_config){ .root = &root, .linux_ = &lnx, .mounts = mounts };
	cgroups = (struct cgroupfs){ 0 };
	facts = (struct rootfs_facts){
		.bundle = "/b",
		.mount_namespace = true,
		.cgroupfs = &cgroups,
		.cgroup_path = "/m/web",
		.cgroup_namespace = true,
	};
}

/* options: separated by blanks, or NULL */
__attribute__((unused)) static struct oci_mount *add(const char *dest, const char *type,
						     const char *source, const char *options)
{
	struct oci_mount *m = arena_alloc(&arena, sizeof(*m));
	char *text = options ? arena_str(&arena, options) : NULL;

	m->destination = arena_str(&arena, dest);
	m->type = type ? arena_str(&arena, type) : NULL;
	m->source = source ? arena_str(&arena, source) : NULL;
	m->options = arena_alloc(&arena, 2000 * sizeof(char *));
	for (char *word = text ? strtok(text, " ") : NULL; word; word = strtok(NULL, " "))
		m->options[m->n_options++] = word;
	mounts[config.n_mounts++] = m;
	return m;
}

__attribute__((unused)) static struct oci_device *add_device(const char *path, const char *type,
							     int64_t ma, int64_t mi)
{
	struct oci_device *d = arena_alloc(&arena, sizeof(*d));

	d->path = arena_str(&arena, path);
	d->type = arena_str(&arena, type);
	d->has_major = d->has_minor = true;
	d->major = ma;
	d->minor = mi;
	devices[lnx.n_devices++] = d;
	return d;
}

static int make(void)
{
	err = (struct rl_err)RL_ERR_INIT;
	flat_done(&f);
	flat_init(&f, 8);
	return rootfs_plan(&config, &facts, &f, &plan, &err);
}

__attribute__((unused)) static const struct rootfs_mount *mount_at(unsigned int i)
{
	static const struct rootfs_mount none;

	return i < plan.mounts.n ?
		       (const struct rootfs_mount *)flat_get(f.data, plan.mounts.off) + i :
		       &none;
}

static const char *str(flat_str s)
{
	return flat_get_str(f.data, s);
}

/* "key=value key" of a mount */
__attribute__((unused)) static const char *params(const struct rootfs_mount *m)
{
	static char text[1024];

	text[0] = 0;
	FLAT_EACH(f.data, m->params, const struct rootfs_param, p) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%s%s%s", n ? " " : "", str(p->key),
			 p->value ? "=" : "", p->value ? str(p->value) : "");
	}
	return text;
}

/* The plan is refused: this member, this text. */
__attribute__((unused)) static void refused(const char *where, const char *text)
{
	char line[1024];

	is_int(make(), -EINVAL, "refused: %s", text);
	is_str(err.where, where, "the member is named");
	rl_err_line(&err, line, sizeof(line));
	if (!ok(strstr(line, text) != NULL, "it says: %s", text))
		printf("#   got: %s\n", line);
}

__attribute__((unused)) static void refuse_mount(const char *dest, const char *type,
						 const char *source, const char *options,
						 const char *member, const char *text)
{
	char where[64];

	reset();
	add(dest, type, source, options);
	snprintf(where, sizeof(where), "mounts[0].%s", member);
	refused(where, text);
}

#endif
