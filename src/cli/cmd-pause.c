/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet pause: freezes the processes of a container. */
#include "cli/cmd.h"
#include "container/container.h"

static const struct options_row rows[] = { OPTIONS_END };

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	(void)ret_status;
	return container_pause(o->root, o->args[0], e);
}

const struct cmd cmd_pause = {
	.name = "pause",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "freeze the processes of a container",
	.about =
		"Until rundlet resume. It returns when all are frozen; when they do not all freeze in ten\n"
		"seconds, or a signal ends it, they all go on.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
