/* SPDX-License-Identifier: Apache-2.0 */
/* Says why a path cannot be opened: which directory on it denies access, which part is missing. */
#ifndef RL_OS_PATHWHY_H
#define RL_OS_PATHWHY_H

#include "base/err.h"

/*
 * Set the hint of the error *e, which opening the path gave: -EACCES, -ENOENT, -ENOTDIR or -ELOOP.
 * Other errors, and paths that can be opened by now, get none.
 */
void pathwhy_hint(const char *path, int error, struct rl_err *e);

#endif
