/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces as files: /proc/PID/ns/net and bind mounts of such; see ioctl_ns(2). */
#ifndef RL_OS_NSFILE_H
#define RL_OS_NSFILE_H

#include <stdbool.h>
#include <stdint.h>

/* Open a namespace. Returns a close-on-exec descriptor, or a negative errno. */
int nsfile_open(const char *path);

/* CLONE_NEW... of an open namespace; -ENOTTY: it is no namespace. */
int nsfile_type(int fd);

/* Whether the namespace at the path is the open one: 1 or 0, or a negative errno. */
int nsfile_same(int fd, const char *path);
/* The same of two paths. */
int nsfile_same_at(const char *one, const char *other);

/*
 * Open the user namespace that owns the open one; parent: the one that an open user namespace was
 * made in. Returns a close-on-exec descriptor, or a negative errno; -EPERM: it is none of ours, nor
 * below ours.
 */
int nsfile_owner(int fd);
int nsfile_parent(int fd);

/* The number of an open namespace, its own as long as it is open. Or a negative errno. */
int nsfile_number(int fd, uint64_t *ret);

/*
 * Open the namespace with this number, if a process that we may look at is in it. file: "mnt". A
 * close-on-exec descriptor, or a negative errno; -ENOENT: there is none.
 */
int nsfile_find(const char *file, uint64_t number);

/* Whether this process is in the initial user namespace, the host's own. */
bool nsfile_user_is_initial(void);

/* Whether it is root there: root of the host. */
bool nsfile_is_host_root(void);

#endif
