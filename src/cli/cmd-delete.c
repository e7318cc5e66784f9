/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet delete: removes a container and all that was made for it. */
#include "cli/cmd.h"
#include "container/container.h"

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("force", "f", force,
			 "kill it first; no error if there is none of that name"),
	OPTIONS_END
};

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	(void)ret_status;
	return container_delete(o->root, o->args[0], o->force, e);
}

const struct cmd cmd_delete = {
	.name = "delete",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "remove a container and all that was made for it",
	.about =
		"Also what a create that was interrupted has left behind. Without --force it must have\n"
		"stopped, or still wait for start.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
