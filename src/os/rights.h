/* SPDX-License-Identifier: Apache-2.0 */
/* What this process may do: its effective capabilities, and over what they are. */
#ifndef RL_OS_RIGHTS_H
#define RL_OS_RIGHTS_H

#include <stdbool.h>

/* Whether it has the capability (CAP_...), in its own user namespace. */
bool rights_has(unsigned int cap);

/* Whether it may clone and attach mounts in its mount namespace. */
bool rights_over_mounts(void);

#endif
