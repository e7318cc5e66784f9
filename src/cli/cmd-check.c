/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet check: reads a bundle and tells what is wrong, or weak, in its configuration. */
#include "base/auto.h"
#include "base/escape.h"
#include "base/report.h"
#include "cli/cmd.h"
#include "container/bundle.h"
#include "spec/weakness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FOUND 2 /* the status when there is something to tell */

static const struct options_row rows[] = {
	OPTIONS_ROW_FLAG("security", "s", security, "what weakens the container, the worst first"),
	OPTIONS_ROW_TEXT("config", "f", config, "FILE",
			 "use this file instead of the bundle's config.json"),
	OPTIONS_ROW_WORD("format", "", format, "text|json", "how to print it (default: text)"),
	OPTIONS_END
};

_Static_assert(REPORT_TEXT == 0 && REPORT_JSON == 1, "order of --format");

/* One line of the list. */
struct line {
	const char *level, *rule, *where, *what;
	int line, column;
};

static void print_line(struct report *r, const struct line *l, bool json)
{
	if (!json) {
		printf("%-8s  config.json:%d: ", l->level, l->line);
		escape_text(stdout, l->where);
		printf(": ");
		escape_text(stdout, l->what);
		printf(" (%s)\n", l->rule);
		return;
	}
	report_object(r, NULL);
	report_str(r, "level", l->level);
	report_str(r, "rule", l->rule);
	report_str(r, "where", l->where);
	report_i64(r, "line", l->line);
	report_i64(r, "column", l->column);
	report_str(r, "what", l->what);
	report_close(r);
}

static void print_weaknesses(struct report *r, const struct bundle *b,
			     const struct weakness_list *list, bool json)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct weakness *w = &list->list[i];
		struct line l = {
			.level = weakness_level_name(w->level),
			.rule = w->rule,
			.where = w->where,
			.what = w->what,
			.line = 1, /* of what is missing as a whole */
			.column = 1,
		};

		oci_where(&b->doc, w->where, &l.line, &l.column);
		print_line(r, &l, json);
	}
}

/* A member that nobody knows does nothing: it may be a misspelt one. */
static void print_unknown(struct report *r, const struct bundle *b, bool json)
{
	for (size_t i = 0; i < b->doc.n_unknown; i++) {
		const struct oci_unknown *u = &b->doc.unknown[i];
		char what[RL_ERR_WHAT] = "is unknown and has no effect";
		const struct line l = {
			.level = "note",
			.rule = "unknown-member",
			.where = u->key,
			.what = what,
			.line = u->line,
			.column = u->column,
		};

		if (u->guess)
			snprintf(what, sizeof(what),
				 "is unknown and has no effect; there is \"%s\"", u->guess);
		print_line(r, &l, json);
	}
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_autofree struct weakness_list *list = malloc(sizeof(*list));
	rl_auto(bundle_done) struct bundle b = { 0 };
	bool json = o->format == REPORT_JSON;
	struct report report;
	int r;

	if (!list)
		return rl_fail(e, -ENOMEM, "make room for a list");
	r = bundle_load(&b, o->n_args ? o->args[0] : NULL, o->config, e);
	if (r < 0)
		return r;
	if (json)
		report_begin_list(&report, stdout, REPORT_JSON);
	list->n = 0;
	if (o->security) {
		weakness_find(b.config, list);
		print_weaknesses(&report, &b, list, json);
	}
	print_unknown(&report, &b, json);
	if (json)
		report_end(&report);
	if (list->n || b.doc.n_unknown)
		*ret_status = FOUND;
	return 0;
}

const struct cmd cmd_check = {
	.name = "check",
	.group = CMD_GROUP_MAKE,
	.arguments = "[BUNDLE]",
	.summary = "tell what is wrong, or weak, in a bundle's configuration",
	.about =
		"Changes nothing and needs no privilege. Refuses a config.json that is not valid, and\n"
		"lists members that have no effect; what this host and build cannot do is what plan\n"
		"refuses. Exits with 2 if there is something to tell.",
	.rows = rows,
	.max = 1,
	.id_at = CMD_NO_ID,
	.run = run,
};
