/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount calls that work on descriptors (open_tree(2), mount_setattr(2)), for the host side: a
 * tree is cloned, prepared while it is attached nowhere, and handed to the container's process.
 *
 * There is no fallback on purpose: mount(2) knows no detached mounts (docs/kernel.md).
 */
#ifndef RL_OS_MOUNTAPI_H
#define RL_OS_MOUNTAPI_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Clone the mount at a path of the caller's namespace. recursive: with all mounts below it;
 * no_follow: path may itself be a symlink. Returns a close-on-exec descriptor; closing it drops the
 * clone if it is still attached nowhere.
 */
int mountapi_clone(const char *path, bool recursive, bool no_follow);

/* What is to change; 0: nothing. */
struct mountapi_change {
	uint64_t set; /* MOUNT_ATTR_... */
	uint64_t clear;
	uint64_t propagation; /* one of MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE */
	int userns_fd;        /* with MOUNT_ATTR_IDMAP: the user namespace that has the mapping */
};

/* Change the mount that fd is the root of; recursive: and all below it. */
int mountapi_change(int fd, const struct mountapi_change *c, bool recursive);

#endif
