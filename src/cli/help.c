/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the help; see help.h. */
#include "cli/help.h"

#include "cli/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL_MAX  96
#define COLUMN_MAX 28 /* longer labels have a line of their own */

static void heading(const char *text)
{
	const char *no = getenv("NO_COLOR");
	bool bold = isatty(STDOUT_FILENO) == 1 && !(no && *no);

	printf("\n%s%s%s\n", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

/* "  -b, --bundle DIR". Returns its length. */
static int label(const struct options_row *row, char *buf, size_t size)
{
	char letter[8] = "    ";
	const char *value = row->value ? row->value : "";

	if (row->letters[0])
		snprintf(letter, sizeof(letter), "-%c, ", row->letters[0]);
	if (row->kind == OPTIONS_MAYBE)
		return snprintf(buf, size, "  %s--%s[=%s]", letter, row->name, value);
	return snprintf(buf, size, "  %s--%s%s%s", letter, row->name, *value ? " " : "", value);
}

static void print_options(const struct options_row *rows)
{
	char text[LABEL_MAX];
	int width = 0;

	for (const struct options_row *row = rows; row->name; row++) {
		int n = label(row, text, sizeof(text));

		if (n > width && n <= COLUMN_MAX)
			width = n;
	}
	for (const struct options_row *row = rows; row->name; row++) {
		int n = label(row, text, sizeof(text));

		if (n > COLUMN_MAX)
			printf("%s\n%*s  %s\n", text, width, "", row->help);
		else
			printf("%-*s  %s\n", width, text, row->help);
	}
}

void help_program(const struct cmd *const *commands, const struct options_row *global)
{
	const char *group = "";

	printf("rundlet %s: makes and runs OCI containers\n", PACKAGE_VERSION);
	heading("Usage");
	puts("  rundlet [options] COMMAND [options] [ID]\n"
	     "  rundlet COMMAND --help");
	for (; *commands; commands++) {
		if (strcmp(group, (*commands)->group) != 0)
			heading((*commands)->group);
		group = (*commands)->group;
		printf("  %-10s%s\n", (*commands)->name, (*commands)->summary);
	}
	heading("Options before the command");
	print_options(global);
}

void help_command(const struct cmd *c)
{
	printf("rundlet %s: %s\n", c->name, c->summary);
	heading("Usage");
	printf("  rundlet %s [options]%s%s\n", c->name, *c->arguments ? " " : "", c->arguments);
	if (c->about)
		printf("\n%s\n", c->about);
	heading("Options");
	print_options(c->rows);
}
