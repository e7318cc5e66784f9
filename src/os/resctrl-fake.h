/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that stands for resctrl in test builds (configure --enable-faults), where the
 * hardware is missing: RUNDLET_TEST_RESCTRL in the environment names it. In an ordinary build there
 * is no such thing. Used by resctrl.c only.
 *
 * What the kernel puts into a group that is made is in the tree as the directory `.new`, beside
 * those groups; it may have a `.new` in it.
 */
#ifndef RL_OS_RESCTRL_FAKE_H
#define RL_OS_RESCTRL_FAKE_H

#ifdef RL_FAULTS
#include <stdbool.h>

/* Whether the path is that of the tree, or in it. */
bool resctrl_fake_has(const char *path);
/* Put into a new directory what belongs there. Does nothing without a tree, as the next one. */
int resctrl_fake_fill(int dirfd, const char *name);
/* Remove all that is in a directory: rmdir(2) does that in resctrl. */
void resctrl_fake_empty(int dirfd, const char *name);
#else
#define resctrl_fake_has(path)          false
#define resctrl_fake_fill(dirfd, name)  0
#define resctrl_fake_empty(dirfd, name) ((void)(dirfd))
#endif

#endif
