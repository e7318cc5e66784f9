/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet events: prints what a container uses, again and again, and when its memory runs out. */
#include "cli/cmd.h"
#include "cli/duration.h"
#include "container/container.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>

#define DEFAULT_NS (5 * 1000000000ull)
#define LEAST_NS   1000000 /* what is read takes some part of that */

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("stats", "", stats, "print the statistics once and end"),
	OPTIONS_ROW_TEXT("interval", "", interval, "DURATION",
			 "between statistics: 500ms, 1m30s (default: 5s)"),
	OPTIONS_END
};

static int parse_interval(const struct options *o, uint64_t *ret, struct rl_err *e)
{
	int r = o->interval ? duration_parse(o->interval, ret) : 0;

	if (r == -EINVAL)
		return options_fail("events", e, "option --interval: \"%.64s\" is no duration",
				    o->interval);
	if (r < 0 || *ret < LEAST_NS)
		return options_fail("events", e, "option --interval: \"%.64s\" is %s", o->interval,
				    r < 0 ? "out of range" : "less than 1ms");
	return 0;
}

/* Whoever read this has had enough, which is no mistake: as if SIGPIPE had ended us. */
static int end_quietly(int *ret_status, struct rl_err *e)
{
	__fpurge(stdout);
	clearerr(stdout);
	*e = (struct rl_err)RL_ERR_INIT;
	*ret_status = 128 + SIGPIPE;
	return 0;
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	uint64_t interval = DEFAULT_NS;
	int r = parse_interval(o, &interval, e);

	if (r < 0)
		return r;
	r = o->stats ? container_stats(o->root, o->args[0], stdout, e) :
		       container_events(o->root, o->args[0], interval, stdout, e);
	return r == -EPIPE ? end_quietly(ret_status, e) : r;
}

const struct cmd cmd_events = {
	.name = "events",
	.group = CMD_GROUP_LOOK,
	.arguments = "ID",
	.summary = "print what a container uses, and when memory runs out",
	.about =
		"Each line is a JSON object: \"type\" is \"stats\", with \"data\" in the form of runc, or\n"
		"\"oom\" when the OOM killer has ended a process of the container. The first\n"
		"statistics come after the first interval. It ends when the container stops.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.needs_root = true,
	.run = run,
};
