/* SPDX-License-Identifier: Apache-2.0 */
/* What root_seal() needs of the mounts. Freestanding, private to this room. */
#ifndef RL_ROOTFS_MOUNTS_H
#define RL_ROOTFS_MOUNTS_H

#include "rootfs/rootfs.h"

/*
 * Make read-only the mounts that had to be filled first. By the descriptors that mounts_attach()
 * kept: a mask or another mount may lie on their places by now.
 */
int mounts_seal(struct guest *g, const struct rootfs_plan *p);

#endif
