/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet resume: lets the processes of a paused container go on. */
#include "cli/cmd.h"
#include "container/container.h"

static const struct options_row rows[] = { OPTIONS_END };

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	(void)ret_status;
	return container_resume(o->root, o->args[0], e);
}

const struct cmd cmd_resume = {
	.name = "resume",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "let the processes of a paused container go on",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
