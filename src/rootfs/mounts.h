/* SPDX-License-Identifier: Apache-2.0 */
/* What root_seal() and livemounts_add() need of the mounts. Freestanding, private to this room. */
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

#endif
