/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mount that is being attached: what the files share that do it. Freestanding, private to this
 * room.
 */
#ifndef RL_ROOTFS_MOUNTONE_H
#define RL_ROOTFS_MOUNTONE_H

#include "os/guest.h"
#include "rootfs/mountcall.h"
#include "rootfs/rootfs.h"

struct mountone {
	struct guest *g;
	const struct rootfs_plan *p;
	const struct rootfs_mount *m;
	const char *dest;
	const char *type;
	int to;          /* O_PATH, the destination */
	int made;        /* the destination was not there before */
	struct statx st; /* of the destination */
	const struct statx *root;
};

/* 'mount tmpfs on "/tmp"', or 'remount "/tmp"'; with a hint, if it is the first error. Returns r.
 */
int mounts_fail(const struct mountone *w, long r, const char *hint);

/* Say the words of propagation to the mount. */
int mounts_propagate(const struct mountone *w, int fd);

/*
 * A tmpfs looks like the directory that it covers, unless it says otherwise. Whether it does; then
 * ret is the mode, "0755".
 */
int newmount_mode(const struct mountone *w, char ret[5]);

/* What comes after mounting: mode, label, what is copied into it. fd is the mount. */
int newmount_fill(const struct mountone *w, int fd);

/* Make the file system and a mount of it, or finish the one of the host side. Returns its fd. */
int newmount_make(const struct mountone *w);

/* remount: set the parameters of the file system that is at the destination. */
int newmount_reconfigure(const struct mountone *w);

/* copy-symlink: make the symlink of the source at the destination. */
int mountlink_make(const struct mountone *w);

#endif
