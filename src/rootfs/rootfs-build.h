/* SPDX-License-Identifier: Apache-2.0 */
/* What the planners of the file tree share while they build its plan. Private to this room. */
#ifndef RL_ROOTFS_ROOTFS_BUILD_H
#define RL_ROOTFS_ROOTFS_BUILD_H

#include "base/err.h"
#include "rootfs/rootfs.h"

#include <stdbool.h>
#include <stddef.h>

#define ROOTFS_PATH_MAX    4096  /* with its NUL, as the kernel's PATH_MAX */
#define ROOTFS_MOUNTS_MAX  16384 /* fs.mount-max is 100000 */
#define ROOTFS_DEVICES_MAX 16384
#define ROOTFS_MASKS_MAX   4096

struct rootfs_build {
	const struct rootfs_facts *facts;
	const struct oci_config *c;
	struct flat *f;
	struct rootfs_plan *p; /* what is planned so far */
	struct rl_err *e;
	struct rootfs_mount *mounts; /* owned; become lists of the plan at the end */
	size_t n_mounts;
	struct rootfs_device *devices;
	size_t n_devices;
	struct rootfs_link *links;
	size_t n_links;
	struct rootfs_idmap *idmaps;
	size_t n_idmaps;
	const char *label;        /* borrowed; NULL: no mount gets a context */
	const char *context_type; /* the parameter that takes it */
};

void rootfs_build_done(struct rootfs_build *b);

/* Append a copy. Returns 0 or -ENOMEM with the error filled. */
int rootfs_build_mount(struct rootfs_build *b, const struct rootfs_mount *m);
int rootfs_build_device(struct rootfs_build *b, const struct rootfs_device *d);
int rootfs_build_idmap(struct rootfs_build *b, const struct rootfs_idmap *m);
int rootfs_build_link(struct rootfs_build *b, const char *path, const char *target, bool replace);

/*
 * Write the path of the container into ret, absolute (from "/"), without "." and "..", "//" or a
 * "/" at its end. `where` is the member it comes from. Returns 0 or a negative errno.
 */
int rootfs_build_path(struct rootfs_build *b, const char *where, const char *path,
		      char ret[ROOTFS_PATH_MAX]);

/* The path of the host: relative ones are from the bundle. */
int rootfs_build_host_path(struct rootfs_build *b, const char *where, const char *path,
			   flat_str *ret);

/* Whether path is below dir, and not dir itself. Both are clean; dir is not "/". */
bool rootfs_build_is_below(const char *path, const char *dir);

/* The parts of rootfs_plan(), in this order. */
int mountmap_root(struct rootfs_build *b, const struct oci_config *c);
int mountlabel_root(struct rootfs_build *b, const struct oci_config *c);
int mounts_plan(struct rootfs_build *b, const struct oci_config *c);
int devices_plan(struct rootfs_build *b, const struct oci_config *c);
int masks_plan(struct rootfs_build *b, const struct oci_config *c);

/*
 * The same for a container that exists. check: what no list may be, check_add: what one
 * of mounts to add may not be; before mounts_plan(). plan: what its mounts may not be; after it.
 * plan_remove: the places of what is taken away.
 */
int livemounts_check(struct rootfs_build *b, const struct oci_config *c);
int livemounts_check_add(struct rootfs_build *b, const struct oci_config *c);
int livemounts_plan(struct rootfs_build *b, const struct oci_config *c);
int livemounts_plan_remove(struct rootfs_build *b, const struct oci_config *c);

struct mountopt;

/*
 * A mount of type "cgroup": what it means depends on this host. `m` has where, dest and the
 * attributes.
 */
int cgroupmount_plan(struct rootfs_build *b, const struct rootfs_mount *m, const char *dest,
		     const struct mountopt *o);

#endif
