/* SPDX-License-Identifier: Apache-2.0 */
/* What root_seal(), masks_apply() and livemounts_add() need. Freestanding, private to this room. */
#ifndef RL_ROOTFS_MOUNTS_H
#define RL_ROOTFS_MOUNTS_H

#include "rootfs/rootfs.h"

struct statx;

/*
 * Attach one mount; root: what statx(2) says of the root. *ret_fd is open on the mount, or -1; also
 * when it fails, because the last thing to fail comes after the attaching. That of a new file
 * system is the caller's to close.
 */
int mounts_attach_one(struct guest *g, const struct rootfs_plan *p, const struct rootfs_mount *m,
		      const struct statx *root, int *ret_fd);

/*
 * Make read-only the mounts that had to be filled first. By the descriptors that mounts_attach()
 * kept: a mask or another mount may lie on their places by now.
 */
int mounts_seal(struct guest *g, const struct rootfs_plan *p);

/*
 * The mount of the plan that the path lies below, and the rest of the path; -1: none, or there is
 * no descriptor of it. Until mounts_let_go().
 */
int mounts_held(const struct guest *g, const struct rootfs_plan *p, const char *path,
		const char **ret_rest);
void mounts_let_go(const struct guest *g, const struct rootfs_plan *p);

#endif
