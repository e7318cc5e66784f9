/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet update: changes the limits of a container that exists. */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/update-options.h"
#include "container/container.h"

static const struct options_row rows[] = {
	OPTIONS_ROW_TEXT("resources", "r", resources, "FILE",
			 "JSON, as linux.resources in config.json; - is standard input"),
#define LIMIT(symbol, name, part, member, kind, value, help) \
	OPTIONS_ROW_TEXT(name, "", limits[OPTIONS_LIMIT_##symbol], value, help),
#define ALIAS(symbol, name, value, help) \
	OPTIONS_ROW_TEXT(name, "", limits[OPTIONS_LIMIT_##symbol], value, help),
#include "cli/update-options.def"
#undef LIMIT
#undef ALIAS
	OPTIONS_ROW_TEXT("l3-cache-schema", "", l3_cache_schema, "TEXT",
			 "share of the L3 cache, of a container with Intel RDT"),
	OPTIONS_ROW_TEXT("mem-bw-schema", "", mem_bw_schema, "TEXT",
			 "share of the memory bandwidth, of a container with Intel RDT"),
	OPTIONS_END
};

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(update_options_done) struct update_options u;
	int r = update_options_init(&u, o, e);

	(void)ret_status;
	return r < 0 ? r : container_update(o->root, o->args[0], &u.update, e);
}

const struct cmd cmd_update = {
	.name = "update",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID",
	.summary = "change the limits of a container",
	.about =
		"All that is given is changed, or nothing. What is not given stays. An option wins\n"
		"over the same limit in --resources. SIZE is a number of bytes, with a unit of base\n"
		"1024 or without: 512M, 1.5g, 64KiB; -1 stands for no limit.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
