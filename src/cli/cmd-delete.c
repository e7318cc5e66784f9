/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet delete: removes a container and all that was made for it. */
#include "cli/cmd.h"
#include "cli/matching.h"
#include "container/container.h"

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("force", "f", force,
			 "kill it first; no error if there is none of that name"),
	OPTIONS_ROW_FLAG("regex", "r", regex, "ID is a regular expression: all that it matches"),
	OPTIONS_END
};

static int delete_one(const struct options *o, const char *id, struct rl_err *e)
{
	return container_delete(o->root, id, o->force, e);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	return o->regex ? matching_each(o, "delete", delete_one, ret_status, e) :
			  delete_one(o, o->args[0], e);
}

const struct cmd cmd_delete = {
	.name = "delete",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "remove a container and all that was made for it",
	.about =
		"Also what a create that was interrupted has left behind. Without --force it must have\n"
		"stopped, or still wait for start. With --regex, ID is a POSIX extended regular\n"
		"expression: every container whose id it matches is deleted, also when it fails for\n"
		"one of them.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
