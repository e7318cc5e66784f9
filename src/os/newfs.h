/* SPDX-License-Identifier: Apache-2.0 */
/* New file systems that are mounted nowhere: fsopen(2) and its kin, for the host side. */
#ifndef RL_OS_NEWFS_H
#define RL_OS_NEWFS_H

#include <stddef.h>
#include <stdint.h>

/* Begin a file system of a type. Returns a close-on-exec descriptor, or a negative errno. */
int newfs_open(const char *type);

/* Set key=value, or a flag when value is NULL. */
int newfs_set(int fs, const char *key, const char *value);

/* Make it. Returns the descriptor of a mount that is attached nowhere. */
int newfs_mount(int fs, uint64_t attributes);

/* What the file system says about the last failure: "tmpfs: Bad value for 'size'", or "". */
void newfs_message(int fs, char *buf, size_t size);

#endif
