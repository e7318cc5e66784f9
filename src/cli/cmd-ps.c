/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rundlet ps: prints the processes of a container; as a table, by the host's ps, of whose rows
 * those of the container are kept.
 */
#include "base/auto.h"
#include "base/report.h"
#include "cli/cmd.h"
#include "container/container.h"
#include "os/pidfd.h"
#include "os/spawn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATH_DEFAULT "/usr/bin:/bin" /* without PATH, which engines may not hand on */

enum { FORMAT_TABLE, FORMAT_JSON };

static const struct options_row rows[] = { OPTIONS_ROW_WORD("format", "f", format, "table|json",
							    "how to print them (default: table)"),
					   OPTIONS_END };

struct pids {
	pid_t *v;
	size_t n;
};

static void pids_free(struct pids *p)
{
	free(p->v);
}

static bool pids_have(const struct pids *p, long pid)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->v[middle] == pid)
			return true;
		if (p->v[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void print_json(const struct pids *p)
{
	struct report r;

	report_begin_list(&r, stdout, REPORT_JSON_LINE);
	for (size_t i = 0; i < p->n; i++)
		report_i64(&r, NULL, p->v[i]);
	report_end(&r);
}

/* --- the host's ps --- */

/* Its path. Directories of PATH that are not absolute could be anybody's. */
static int find_ps(char path[static PATH_MAX], struct rl_err *e)
{
	const char *dir = getenv("PATH");

	if (!dir || !*dir)
		dir = PATH_DEFAULT;
	while (*dir) {
		size_t n = strcspn(dir, ":");
		struct stat st;

		if (dir[0] == '/' && snprintf(path, PATH_MAX, "%.*s/ps", (int)n, dir) < PATH_MAX &&
		    stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return 0;
		dir += n + (dir[n] == ':');
	}
	rl_hint(e, "install ps (Debian: procps), or use --format json");
	return rl_whole(e, -ENOENT, "the table is made by ps, which is not in PATH");
}

/* The word of a line at this position, counted from 0; *ret_len is 0 if there are not that many. */
static const char *word_at(const char *line, int column, size_t *ret_len)
{
	static const char space[] = " \t\n";

	for (;; column--) {
		line += strspn(line, space);
		*ret_len = strcspn(line, space);
		if (!column || !*ret_len)
			return line;
		line += *ret_len;
	}
}

/* The position of PID in the heading, or -1. */
static int find_column(const char *heading)
{
	size_t len = 1;

	for (int column = 0; len; column++) {
		const char *word = word_at(heading, column, &len);

		if (len == 3 && !memcmp(word, "PID", len))
			return column;
	}
	return -1;
}

static int print_row(const char *line, int column, const struct pids *p, struct rl_err *e)
{
	size_t len;
	const char *word = word_at(line, column, &len);
	char *end;
	long pid = strtol(word, &end, 10);

	if (!len || end != word + len) {
		rl_hint(e, "a column before PID has spaces: put PID first, as in -o pid,comm");
		return rl_whole(e, -EPROTO, "ps: a row has no number in the column PID");
	}
	if (pids_have(p, pid))
		fputs(line, stdout);
	return 0;
}

/* What ps printed: its heading, and the rows of the container. *ret_rows, which begins at 0, counts
 * all. */
static int print_rows(FILE *in, const struct pids *p, size_t *ret_rows, struct rl_err *e)
{
	rl_autofree char *line = NULL;
	size_t size = 0;
	int column, r = 0;

	if (getline(&line, &size, in) < 0)
		return rl_whole(e, -EPROTO, "ps printed nothing");
	column = find_column(line);
	if (column < 0) {
		rl_hint(e, "what it is asked for must have a heading with PID: -o pid,comm");
		return rl_whole(e, -EPROTO, "ps prints no column PID");
	}
	fputs(line, stdout);
	while (r == 0 && getline(&line, &size, in) >= 0) {
		r = print_row(line, column, p, e);
		++*ret_rows;
	}
	return r;
}

/* How it ended. Status 1 without a row: what it was asked for is not there. */
static int check_end(int pidfd, size_t n_rows, struct rl_err *e)
{
	int status, r = pidfd_reap(pidfd, &status);

	if (r < 0)
		return rl_fail(e, r, "hear how ps ended");
	if (WIFSIGNALED(status))
		return rl_whole(e, -ECHILD, "ps was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) && (n_rows || WEXITSTATUS(status) != 1))
		return rl_whole(e, -ECHILD, "ps ended with status %d", WEXITSTATUS(status));
	return 0;
}

static int print_table(const struct options *o, const struct pids *p, struct rl_err *e)
{
	rl_autofree const char **argv = calloc(o->n_rest + 3, sizeof(*argv));
	rl_autoclose int pidfd = -EBADF;
	char path[PATH_MAX];
	size_t n_rows = 0;
	int out, r = find_ps(path, e), ended;
	FILE *in;

	if (r < 0 || !argv)
		return r < 0 ? r : rl_fail(e, -ENOMEM, "run ps");
	argv[0] = "ps";
	argv[1] = "-ef";
	for (unsigned int i = 0; i < o->n_rest; i++)
		argv[1 + i] = o->rest[i];
	r = spawn_reader(path, (char *const *)argv, &out, &pidfd);
	if (r < 0)
		return rl_fail(e, r, "run %s", path);
	in = fdopen(out, "re");
	if (!in)
		close(out);
	r = in ? print_rows(in, p, &n_rows, e) : rl_fail(e, -ENOMEM, "read what ps prints");
	if (in)
		fclose(in);
	ended = check_end(pidfd, n_rows, e);
	return r < 0 ? r : ended;
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(pids_free) struct pids p = { 0 };
	int r;

	(void)ret_status;
	if (o->format == FORMAT_JSON && o->n_rest)
		return options_fail("ps", e,
				    "the argument \"%.64s\" is for ps, which makes tables only",
				    o->rest[0]);
	r = container_pids(o->root, o->args[0], &p.v, &p.n, e);
	if (r < 0)
		return r;
	if (o->format == FORMAT_TABLE)
		return print_table(o, &p, e);
	print_json(&p);
	return 0;
}

const struct cmd cmd_ps = {
	.name = "ps",
	.group = CMD_GROUP_LOOK,
	.arguments = "ID [PS-ARGUMENT...]",
	.summary = "print the processes of a container",
	.about =
		"A table is printed by ps(1) of the host, with the arguments behind the ID (default: -ef);\n"
		"the rows of the container are kept. They must ask for a column PID.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.passes_on = true,
	.needs_root = true,
	.run = run,
};
