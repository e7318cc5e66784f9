/* SPDX-License-Identifier: Apache-2.0 */
/* Copies a directory of the image into a new tmpfs (tmpcopyup). Freestanding, private to this room.
 */
#ifndef RL_ROOTFS_COPYUP_H
#define RL_ROOTFS_COPYUP_H

/*
 * Copy what the directory `from` has into the empty directory `to` (O_PATH will do for both):
 * files, symlinks, nodes, owners, modes, times, extended attributes. Returns 0 or a negative errno.
 */
int copyup_tree(int from, int to);

#endif
