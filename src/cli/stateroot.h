/* SPDX-License-Identifier: Apache-2.0 */
/* Which directory holds the state of containers. */
#ifndef RL_CLI_STATEROOT_H
#define RL_CLI_STATEROOT_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * option: the value of --root, or NULL; euid and runtime_dir ($XDG_RUNTIME_DIR, or NULL) choose the
 * default. Writes an absolute path to buf. Returns 0 or a negative errno with *e filled.
 */
int stateroot_choose(const char *option, uid_t euid, const char *runtime_dir, char *buf,
		     size_t size, struct rl_err *e);

#endif
