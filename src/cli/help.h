/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the help, from the tables that the parser uses. */
#ifndef RL_CLI_HELP_H
#define RL_CLI_HELP_H

#include "cli/cmd.h"

/* Of the program: all commands (the list ends with NULL) and the options before them. */
void help_program(const struct cmd *const *commands, const struct options_row *global);

/* Of one command. */
void help_command(const struct cmd *c);

#endif
