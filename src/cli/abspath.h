/* SPDX-License-Identifier: Apache-2.0 */
/* Makes paths of the command line absolute, without asking the file system. */
#ifndef RL_CLI_ABSPATH_H
#define RL_CLI_ABSPATH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define ABSPATH_MAX 4096

/*
 * Write path to buf: below the current directory if it is relative, without empty and "."
 * components. ".." stays: only the kernel knows what it means behind a symbolic link.
 * Returns 0 or a negative errno with *e filled.
 */
int abspath_make(const char *path, char *buf, size_t size, struct rl_err *e);

/* Whether an absolute path names "/", if it has no symbolic links. */
bool abspath_is_root(const char *path);

#endif
