/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this host labels files: selinuxfs. */
#ifndef RL_OS_SELINUXFS_H
#define RL_OS_SELINUXFS_H

#include <stdbool.h>

/* Whether SELinux is in force here: its file system is mounted, as it is where a policy is. */
bool selinuxfs_is_mounted(void);

#endif
