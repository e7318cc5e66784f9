/* SPDX-License-Identifier: Apache-2.0 */
/* Which directory holds the state of containers. */
#ifndef RL_CLI_STATEROOT_H
#define RL_CLI_STATEROOT_H

#include "base/err.h"

#include <stddef.h>

/*
 * option: the value of --root, or NULL: the user and XDG_RUNTIME_DIR choose the default. Writes an
 * absolute path to buf. Returns 0 or a negative errno with *e filled.
 */
int stateroot_choose(const char *option, char *buf, size_t size, struct rl_err *e);

#endif
