/* SPDX-License-Identifier: Apache-2.0 */
/* SELinux contexts of mounts. Private to this room. */
#ifndef RL_ROOTFS_MOUNTLABEL_H
#define RL_ROOTFS_MOUNTLABEL_H

#include "rootfs/mountopt.h"

/*
 * Give a new file system the context of linux.mountLabel, as a parameter or, for those that cannot
 * have one, in *ret. One that the options have already is kept.
 */
int mountlabel_add(struct rootfs_build *b, const char *where, const char *type, struct mountopt *o,
		   flat_str *ret);

#endif
