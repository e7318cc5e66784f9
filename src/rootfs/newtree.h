/* SPDX-License-Identifier: Apache-2.0 */
/* New file systems that the host's side makes. Private to this room. */
#ifndef RL_ROOTFS_NEWTREE_H
#define RL_ROOTFS_NEWTREE_H

#include "rootfs/rootfs.h"

/* Make the file system of the mount, with mapped ids; m->fd becomes the detached mount. */
int newtree_make(const void *base, const struct rootfs_plan *p, struct rootfs_mount *m,
		 struct rl_err *e);

#endif
