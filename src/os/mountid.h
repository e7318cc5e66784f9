/* SPDX-License-Identifier: Apache-2.0 */
/* What tells a mount from others: see statx(2) and statmount(2). */
#ifndef RL_OS_MOUNTID_H
#define RL_OS_MOUNTID_H

#include <stdint.h>

struct mountid {
	uint64_t id;     /* as in mountinfo; another mount may get it when this one is gone */
	uint64_t unique; /* no other mount has it until the next boot; 0: Linux before 6.8 */
	uint64_t device; /* of its root, as the inode: what another mount with the id has not */
	uint64_t inode;
};

/*
 * The mount that the descriptor is open on the root of; asks no server of a network file system.
 * Returns 0 or a negative errno; -EOPNOTSUPP: the kernel tells no id.
 */
int mountid_get(int fd, struct mountid *ret);

/* Whether it is open on the root of this mount: 1 or 0, or a negative errno. */
int mountid_is(int fd, const struct mountid *m);

/*
 * Whether the mount exists in the mount namespace that we are in, on whatever place: 1 or 0, or a
 * negative errno if that cannot be known, as on Linux before 6.8.
 */
int mountid_exists(const struct mountid *m);

#endif
