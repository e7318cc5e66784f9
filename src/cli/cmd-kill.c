/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet kill: sends a signal to a container. */
#include "cli/cmd.h"
#include "container/container.h"
#include "spec/signals.h"

#include <errno.h>
#include <signal.h>

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("all", "a", all, "signal every process; no error if it has stopped"),
	OPTIONS_END
};

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	int signal = SIGTERM;

	(void)ret_status;
	if (o->n_args > 1) {
		signal = signals_number(o->args[1]);
		if (signal < 0)
			return rl_whole(e, -EINVAL, "unknown signal \"%.64s\"", o->args[1]);
	}
	return container_kill(o->root, o->args[0], signal, o->all, e);
}

const struct cmd cmd_kill = {
	.name = "kill",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID [SIGNAL]",
	.summary = "send a signal to a container's process",
	.about = "SIGNAL is a name, with or without SIG, or a number (default: TERM).",
	.rows = rows,
	.min = 1,
	.max = 2,
	.needs_root = true,
	.run = run,
};
