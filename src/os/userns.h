/* SPDX-License-Identifier: Apache-2.0 */
/* User namespaces that exist only as descriptors: what mount_setattr(2) takes mappings of ids from.
 */
#ifndef RL_OS_USERNS_H
#define RL_OS_USERNS_H

/*
 * Make a user namespace with these mappings (the texts for uid_map and gid_map, in ids of the
 * caller's user namespace). Returns a close-on-exec descriptor, or a negative errno.
 */
int userns_make(const char *uids, const char *gids);

#endif
