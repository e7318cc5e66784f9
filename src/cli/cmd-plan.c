/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet plan: prints what create would do. */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/create-options.h"
#include "cli/stateroot.h"

#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_ID   "plan"
#define DEFAULT_ROOT "/run/rundlet"

static const struct options_row rows[] = { OPTIONS_ROW_WORD("format", "", format, "text|json",
							    "how to print it (default: text)"),
#include "cli/create-options.def"
					   OPTIONS_END };

_Static_assert(REPORT_TEXT == 0 && REPORT_JSON == 1, "order of --format");

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(create_options_done) struct create_options c;
	struct rl_err unused = RL_ERR_INIT;
	struct options with = *o;
	char root[ABSPATH_MAX];
	int r;

	(void)ret_status;
	with.trace = NULL; /* nothing is done that could be timed */
	r = create_options_init(&c, &with, e);
	if (r < 0)
		return r;
	/* Nothing is written below the root: a user without a runtime directory may plan as well.
	 */
	r = stateroot_choose(o->root, root, sizeof(root), o->root ? e : &unused);
	if (r < 0 && o->root)
		return r;
	c.options.root = r < 0 ? DEFAULT_ROOT : root;
	if (!c.options.id)
		c.options.id = DEFAULT_ID;
	return container_plan(&c.options, stdout, (enum report_format)o->format, e);
}

const struct cmd cmd_plan = {
	.name = "plan",
	.group = CMD_GROUP_MAKE,
	.arguments = "[ID]",
	.summary = "print what create would do, step by step",
	.about = "Changes nothing and needs no privilege. Refuses what create would refuse.",
	.rows = rows,
	.max = 1,
	.run = run,
};
