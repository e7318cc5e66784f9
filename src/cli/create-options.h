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

/* Fill *ret and open the trace. Returns 0 or a negative errno with *e filled. */
int create_options_init(struct create_options *ret, const struct options *o, struct rl_err *e);

/* Close the trace. A trace that could not be written whole is a warning. */
void create_options_done(struct create_options *c);

#endif
