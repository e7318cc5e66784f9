/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to what create, run and plan are given. */
#ifndef RL_CLI_CREATE_OPTIONS_H
#define RL_CLI_CREATE_OPTIONS_H

#include "base/err.h"
#include "cli/abspath.h"
#include "cli/options.h"
#include "container/container.h"

#include <stdio.h>

struct create_options {
	struct container_options options; /* borrows from struct options and from here */
	FILE *trace;                      /* to be closed, or NULL */
	char config[ABSPATH_MAX];
};

/*
 * Open what --trace names (NULL: nothing): *ret is to be written to, *ret_own to be closed by
 * create_options_close_trace(), or NULL. Returns 0 or a negative errno with *e filled.
 */
int create_options_open_trace(const char *path, FILE **ret, FILE **ret_own, struct rl_err *e);
/* A trace that could not be written whole is a warning. */
void create_options_close_trace(FILE **own);

/* NOTIFY_SOCKET of the environment; NULL: not set, or empty. */
const char *create_options_notify_socket(void);

/* Fill *ret and open the trace. Returns 0 or a negative errno with *e filled. */
int create_options_init(struct create_options *ret, const struct options *o, struct rl_err *e);

/* Close the trace. */
void create_options_done(struct create_options *c);

#endif
