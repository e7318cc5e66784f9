/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --regex: a command for each container whose id matches a POSIX extended regular expression, as
 * regcomp(3) understands it.
 */
#ifndef RL_CLI_MATCHING_H
#define RL_CLI_MATCHING_H

#include "base/err.h"
#include "cli/options.h"

#define MATCHING_MAX 1024 /* bytes of an expression; compiling may take the square of it */

/* What is done with one container: as run() of struct cmd, for this id. */
typedef int matching_do(const struct options *o, const char *id, struct rl_err *e);

/*
 * Do it with each container below o->root whose id the expression o->args[0] matches, in the order
 * of the ids. The failure of one is reported and does not stop the others; *ret_status is then that
 * of a failure. No match is no failure. An expression that is empty or not valid is refused before
 * anything is done. command: its name, for the reports. Returns 0 or a negative errno with *e
 * filled.
 */
int matching_each(const struct options *o, const char *command, matching_do *one, int *ret_status,
		  struct rl_err *e);

#endif
