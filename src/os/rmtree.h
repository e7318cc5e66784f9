/* SPDX-License-Identifier: Apache-2.0 */
/* Removes directories with all that is in them. */
#ifndef RL_OS_RMTREE_H
#define RL_OS_RMTREE_H

/*
 * Remove the directory `name` of dirfd, and what is in it; symlinks are removed, not followed.
 * -ENOENT: there is none; or what openat(2), renameat(2) and unlinkat(2) say.
 */
int rmtree_at(int dirfd, const char *name);

#endif
