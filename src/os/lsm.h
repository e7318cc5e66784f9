/* SPDX-License-Identifier: Apache-2.0 */
/* Which Linux security modules are in force here. */
#ifndef RL_OS_LSM_H
#define RL_OS_LSM_H

#include <stdbool.h>
#include <stddef.h>

/* Whether SELinux is: its file system is mounted, as it is where a policy is loaded. */
bool lsm_selinux_is_on(void);

/* Whether AppArmor is. */
bool lsm_apparmor_is_on(void);

/*
 * Whether a profile that is in force confines the calling process. Unconfined, or in a profile of
 * the mode "unconfined", is not; what cannot be read is taken for confined.
 */
bool lsm_apparmor_is_confined(void);

/* The version of Landlock's interface; 0: it is not there, or not in force. */
int lsm_landlock_abi(void);

/*
 * The names of those in force, in the order in which the kernel asks them, with commas between:
 * "lockdown,capability,landlock". Empty where the kernel does not say.
 */
void lsm_list(char *ret, size_t size);

#endif
