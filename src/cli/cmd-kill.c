/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet kill: sends a signal to a container. */
#include "cli/cmd.h"
#include "cli/matching.h"
#include "container/container.h"
#include "spec/signals.h"

#include <errno.h>
#include <signal.h>

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("all", "a", all, "signal every process; no error if it has stopped"),
	OPTIONS_ROW_FLAG("regex", "r", regex, "ID is a regular expression: all that it matches"),
	OPTIONS_END
};

static int signal_of(const struct options *o)
{
	return o->n_args > 1 ? signals_number(o->args[1]) : SIGTERM;
}

static int kill_one(const struct options *o, const char *id, struct rl_err *e)
{
	return container_kill(o->root, id, signal_of(o), o->all, e);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	if (signal_of(o) < 0)
		return rl_whole(e, -EINVAL, "unknown signal \"%.64s\"", o->args[1]);
	return o->regex ? matching_each(o, "kill", kill_one, ret_status, e) :
			  kill_one(o, o->args[0], e);
}

const struct cmd cmd_kill = {
	.name = "kill",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID [SIGNAL]",
	.summary = "send a signal to a container's process",
	.about =
		"SIGNAL is a name, with or without SIG, or a number (default: TERM).\n"
		"With --regex, ID is a POSIX extended regular expression: every container whose id it\n"
		"matches gets the signal, also when it fails for one of them.",
	.rows = rows,
	.min = 1,
	.max = 2,
	.needs_root = true,
	.run = run,
};
