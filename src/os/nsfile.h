/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces as files: /proc/PID/ns/net and bind mounts of such; see ioctl_ns(2). */
#ifndef RL_OS_NSFILE_H
#define RL_OS_NSFILE_H

#include <stdbool.h>

/* Open a namespace. Returns a close-on-exec descriptor, or a negative errno. */
int nsfile_open(const char *path);

/* CLONE_NEW... of an open namespace; -ENOTTY: it is no namespace. */
int nsfile_type(int fd);

/* Whether the namespace at the path is the open one: 1 or 0, or a negative errno. */
int nsfile_same(int fd, const char *path);

/* Whether this process is in the initial user namespace, the host's own. */
bool nsfile_user_is_initial(void);

/* Whether it is root there: root of the host. */
bool nsfile_is_host_root(void);

#endif
