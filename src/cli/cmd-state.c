/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet state: prints what is known of a container as JSON. */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/describe.h"
#include "container/container.h"

static const struct options_row rows[] = { OPTIONS_END };

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(container_info_done) struct container_info i = { 0 };
	struct report r;
	int ret;

	(void)ret_status;
	ret = container_state(o->root, o->args[0], &i, e);
	if (ret < 0)
		return ret;
	report_begin(&r, stdout, REPORT_JSON);
	describe_container(&r, &i, "");
	report_end(&r);
	return 0;
}

const struct cmd cmd_state = {
	.name = "state",
	.group = CMD_GROUP_LOOK,
	.arguments = "ID",
	.summary = "print the state of a container as JSON",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
