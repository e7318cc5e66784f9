/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet run: create, start, wait and delete in one. */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/create-options.h"

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("detach", "d", detach, "return when the program runs"),
	OPTIONS_ROW_FLAG("keep", "", keep, "do not delete the container at the end"),
#include "cli/create-options.def"
	OPTIONS_END
};

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(create_options_done) struct create_options c;
	int r;

	r = create_options_init(&c, o, e);
	if (r < 0)
		return r;
	return container_run(&c.options, o->detach, ret_status, e);
}

const struct cmd cmd_run = {
	.name = "run",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "create and start; wait for the end and delete, or detach",
	.about =
		"Exits with the status of the program, with 128+N if signal N ended it, with 127 if\n"
		"there is no such program, and with 126 if it cannot be executed. Signals are sent on\n"
		"to the program; process 1 ignores those that it has no handler for.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.runs = true,
	.needs_root = true,
	.run = run,
};
