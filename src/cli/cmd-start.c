/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet start: lets the program of a created container run. */
#include "cli/cmd.h"
#include "cli/create-options.h"
#include "container/container.h"

static const struct options_row rows[] = { OPTIONS_END };

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	(void)ret_status;
	return container_start(o->root, o->args[0], create_options_notify_socket(), e);
}

const struct cmd cmd_start = {
	.name = "start",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "let the program of a created container run",
	.about = "With NOTIFY_SOCKET in the environment, here and at create: it returns when the\n"
		 "container has said READY=1.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
