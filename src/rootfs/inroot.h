/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of the container, resolved in its root and nowhere else. Freestanding, private to this
 * room.
 *
 * Everything in the image is hostile until it is mounted over: a path is resolved once, by the
 * kernel, inside the root (RESOLVE_IN_ROOT, no magic links), and then used by its descriptor.
 */
#ifndef RL_ROOTFS_INROOT_H
#define RL_ROOTFS_INROOT_H

#define INROOT_EXACT     0x1u /* no symlink on the way: -ELOOP */
#define INROOT_NO_FOLLOW 0x2u /* the last component may be a symlink: it is opened itself */
#define INROOT_FILE      0x4u /* inroot_make(): a missing last component becomes an empty file */

/* Open a path with O_PATH. Returns a descriptor or a negative errno. */
int inroot_open(int root, const char *path, unsigned int how);

/*
 * As inroot_open(); what is missing is made: directories (0755), or at the end an empty file.
 * Dangling symlinks are followed inside the root. *ret_made tells whether something was made.
 */
int inroot_make(int root, const char *path, unsigned int how, int *ret_made);

/*
 * Open the directory of the last component, made if it is missing. *ret_name points to that
 * component, in path.
 */
int inroot_parent(int root, const char *path, unsigned int how, const char **ret_name);

#endif
