/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping a namespace without a process in it: by a mount of it on a file, as ip-netns(8) does. It
 * outlives us, until it is removed.
 */
#ifndef RL_OS_NSPIN_H
#define RL_OS_NSPIN_H

/* Make the file dirfd/name and mount the namespace on it. */
int nspin_make(int dirfd, const char *name, int ns_fd);

/* Open the namespace that is kept there. Returns a descriptor; -ENOENT: none is. */
int nspin_open(int dirfd, const char *name);

/* Let it go, and remove the file. Does not fail where there is nothing. */
int nspin_remove(int dirfd, const char *name);

#endif
