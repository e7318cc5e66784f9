/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet create: makes a container whose program waits for start. */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/create-options.h"

static const struct options_row rows[] = {
#include "cli/create-options.def"
	OPTIONS_END
};

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(create_options_done) struct create_options c;
	int r;

	(void)ret_status;
	r = create_options_init(&c, o, e);
	if (r < 0)
		return r;
	return container_create(&c.options, e);
}

const struct cmd cmd_create = {
	.name = "create",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "make a container; its program waits for start",
	.about = "Makes all that config.json of the bundle asks for: namespaces, mounts, devices,\n"
		 "cgroup, limits. Returns when the container's process is ready and waits. What\n"
		 "will be done can be read before: rundlet plan.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
