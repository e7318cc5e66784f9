/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet list: prints all containers below the state root. */
#include "base/auto.h"
#include "base/escape.h"
#include "cli/cmd.h"
#include "cli/describe.h"
#include "container/container.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

enum { FORMAT_TABLE, FORMAT_JSON };

enum { COLUMN_ID, COLUMN_PID, COLUMN_STATUS, COLUMN_BUNDLE, COLUMN_CREATED, COLUMN_OWNER, COLUMNS };

static const char *const headings[COLUMNS] = {
	"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"
};

static const struct options_row rows[] = {
	OPTIONS_ROW_WORD("format", "f", format, "table|json", "how to print it (default: table)"),
	OPTIONS_ROW_FLAG("quiet", "q", quiet, "print the ids only"), OPTIONS_END
};

struct list {
	struct container_info *items;
	size_t n;
	uid_t owner_uid; /* the last one's, who mostly is the next one's, too */
	char owner[256]; /* his name; "": none yet */
};

static void list_free(struct list *l)
{
	container_list_done(l->items, l->n);
}

/*
 * The user's name, or "#1000". From /etc/passwd: the name service switch would load its modules,
 * which a static rundlet cannot.
 */
static void find_owner(uid_t uid, char *buf, size_t size)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;

	snprintf(buf, size, "#%u", uid);
	if (!f)
		return;
	while ((p = fgetpwent(f)))
		if (p->pw_uid == uid) {
			snprintf(buf, size, "%s", p->pw_name);
			break;
		}
	fclose(f);
}

static const char *owner_name(struct list *l, uid_t uid)
{
	if (!l->owner[0] || l->owner_uid != uid)
		find_owner(uid, l->owner, sizeof(l->owner));
	l->owner_uid = uid;
	return l->owner;
}

static void print_cell(FILE *out, struct list *l, const struct container_info *i, int column)
{
	switch (column) {
	case COLUMN_ID:
		escape_text(out, i->id);
		break;
	case COLUMN_PID:
		fprintf(out, "%d", (int)i->pid);
		break;
	case COLUMN_STATUS:
		fputs(i->status, out);
		break;
	case COLUMN_BUNDLE:
		escape_text(out, i->bundle ? i->bundle : "");
		break;
	case COLUMN_CREATED:
		escape_text(out, i->created ? i->created : "");
		break;
	case COLUMN_OWNER:
		escape_text(out, owner_name(l, i->owner));
		break;
	}
}

/* All cells, the headings first, each with a NUL behind it; NULL when there is no memory. */
static char *cells_of(struct list *l)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (int c = 0; c < COLUMNS; c++)
		fwrite(headings[c], strlen(headings[c]) + 1, 1, out);
	for (size_t i = 0; i < l->n * COLUMNS; i++) {
		print_cell(out, l, &l->items[i / COLUMNS], (int)(i % COLUMNS));
		putc(0, out);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int print_table(struct list *l, struct rl_err *e)
{
	rl_autofree char *cells = cells_of(l);
	size_t n = (l->n + 1) * COLUMNS;
	int widths[COLUMNS] = { 0 };
	const char *cell = cells;

	if (!cells)
		return rl_fail(e, -ENOMEM, "make the table of containers");
	for (size_t i = 0; i < n; i++, cell += strlen(cell) + 1)
		if ((int)strlen(cell) > widths[i % COLUMNS])
			widths[i % COLUMNS] = (int)strlen(cell);
	cell = cells;
	for (size_t i = 0; i < n; i++, cell += strlen(cell) + 1)
		if (i % COLUMNS == COLUMNS - 1)
			puts(cell);
		else
			printf("%-*s  ", widths[i % COLUMNS], cell);
	return 0;
}

static void print_json(struct list *l)
{
	struct report r;

	report_begin_list(&r, stdout, REPORT_JSON_LINE);
	for (size_t i = 0; i < l->n; i++) {
		report_object(&r, NULL);
		describe_container(&r, &l->items[i], owner_name(l, l->items[i].owner));
		report_close(&r);
	}
	report_end(&r);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(list_free) struct list l = { 0 };
	int r;

	(void)ret_status;
	r = container_list(o->root, &l.items, &l.n, e);
	if (r < 0)
		return r;
	if (o->quiet) {
		for (size_t i = 0; i < l.n; i++)
			puts(l.items[i].id);
		return 0;
	}
	if (o->format == FORMAT_TABLE)
		return print_table(&l, e);
	print_json(&l);
	return 0;
}

const struct cmd cmd_list = {
	.name = "list",
	.group = CMD_GROUP_LOOK,
	.arguments = "",
	.summary = "print all containers",
	.rows = rows,
	.needs_root = true,
	.run = run,
};
