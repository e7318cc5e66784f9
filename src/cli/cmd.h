/* SPDX-License-Identifier: Apache-2.0 */
/* What a command is. main.c holds the table of them; each cmd-<verb>.c defines one. */
#ifndef RL_CLI_CMD_H
#define RL_CLI_CMD_H

#include "base/err.h"
#include "cli/options.h"

#include <stdbool.h>

struct cmd {
	const char *name;
	const char *group;     /* heading in the list of commands */
	const char *arguments; /* "ID [SIGNAL]"; "" for none */
	const char *summary;   /* one line, no full stop */
	const char *about;     /* paragraphs for --help, lines of at most 79 columns; or NULL */
	const struct options_row *rows;
	unsigned int min, max; /* number of arguments */
	bool passes_on;        /* what stands behind the first argument is o->rest, as it is */
	bool runs;             /* its status is that of a program which it runs */
	int failure;           /* what the program exits with when it fails; 0: as the others */
	bool needs_root;       /* o->root must be chosen before run() */
	unsigned int id_at;    /* which argument is the container's id, from 0; or CMD_NO_ID */
	unsigned int file_at;  /* which one is the document that errors have a place in; 0: none */
	/*
	 * Do it. The argument at id_at, if there is one, is a container's id, checked; with
	 * o->regex, an expression for ids, not checked. Returns 0 or a negative errno with *e
	 * filled; *ret_status is what the program exits with, 0 unless set.
	 */
	int (*run)(const struct options *o, int *ret_status, struct rl_err *e);
};

#define CMD_NO_ID OPTIONS_ARGS

#define CMD_GROUP_LIFE "The life of a container"
#define CMD_GROUP_LOOK "Looking at containers"
#define CMD_GROUP_MAKE "Preparing one"

/* The table's rows. OPTIONS_ARGS is above every max. */
extern const struct cmd cmd_create, cmd_start, cmd_run, cmd_exec, cmd_pause, cmd_resume;
extern const struct cmd cmd_update, cmd_mounts, cmd_kill, cmd_delete;
extern const struct cmd cmd_state, cmd_list, cmd_ps, cmd_events;
extern const struct cmd cmd_plan, cmd_check, cmd_spec, cmd_features;

#endif
