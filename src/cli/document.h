/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a document that a command is given as a file, or by standard input. */
#ifndef RL_CLI_DOCUMENT_H
#define RL_CLI_DOCUMENT_H

#include "base/err.h"

#include <stddef.h>

/* What messages call it: its path, or "standard input" for "-". */
const char *document_name(const char *path);

/*
 * Read it all; what: what is in it, for messages. *ret is allocated and ends in a NUL. Returns 0 or
 * a negative errno with *e filled.
 */
int document_read(const char *path, const char *what, char **ret, size_t *ret_len,
		  struct rl_err *e);

#endif
