/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: finds the command, reports its error, chooses the exit status. The table of commands
 * and the options before them are here.
 */
#include "base/auto.h"
#include "base/log.h"
#include "cli/abspath.h"
#include "cli/cmd.h"
#include "cli/document.h"
#include "cli/help.h"
#include "cli/stateroot.h"
#include "cli/suggest.h"
#include "cli/version.h"
#include "container/container.h"
#include "spec/id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cmd *const commands[] = {
	/* its life */
	&cmd_create,
	&cmd_start,
	&cmd_run,
	&cmd_exec,
	&cmd_pause,
	&cmd_resume,
	&cmd_update,
	&cmd_mounts,
	&cmd_kill,
	&cmd_delete,
	/* looking */
	&cmd_state,
	&cmd_list,
	&cmd_ps,
	&cmd_events,
	/* preparing */
	&cmd_plan,
	&cmd_check,
	&cmd_spec,
	&cmd_features,
	NULL,
};

static const struct options_row global_rows[] = {
#include "cli/global-options.def"
	OPTIONS_END
};

_Static_assert(LOG_FORMAT_TEXT == 0 && LOG_FORMAT_JSON == 1, "order of --log-format");
_Static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_WARNING == 1 && LOG_LEVEL_DEBUG == 2,
	       "order of --log-level");

/* What is being done, for the report of its failure. */
struct call {
	struct options options;
	const struct cmd *cmd; /* NULL: before it is known */
	char root[ABSPATH_MAX];
};

/*
 * A file that we open must never become descriptor 0, 1 or 2: the program in the container inherits
 * them. One that is closed is replaced by /dev/null, opened the wrong way round, so that using it
 * fails as before.
 */
static int open_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free number is fd. Not close-on-exec: it stands for a standard one. */
		if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return -EBADF;
	}
	return 0;
}

static void print_version(void)
{
	puts("rundlet version " PACKAGE_VERSION "\n"
	     "commit: " RUNDLET_COMMIT "\n"
	     "spec: " VERSION_SPEC_MAX "\n"
	     "+SECCOMP +CAP +YAJL " VERSION_SYSTEMD " +SELINUX +APPARMOR -CRIU");
}

/* Open the log that the options ask for. */
static int start_log(const struct options *o, struct rl_err *e)
{
	struct log_options log = {
		.path = o->log,
		.format = (enum log_format)o->log_format,
		/* podman takes the whole file for one record: no warnings in it unless asked for.
		 */
		.level = o->log ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
	};

	if (o->log_level != OPTIONS_UNSET)
		log.level = (enum log_level)o->log_level;
	if (log.path && !strncmp(log.path, "file:", 5))
		log.path += 5;
	else if (log.path &&
		 (!strncmp(log.path, "journald:", 9) || !strncmp(log.path, "syslog:", 7)))
		return options_fail(NULL, e, "option --log: \"%.64s\": only files are supported",
				    o->log);
	return log_open(&log, e);
}

static const struct cmd *find_command(const char *name, struct rl_err *e)
{
	struct suggest s = SUGGEST_INIT(name);

	for (const struct cmd *const *c = commands; *c; c++) {
		if (!strcmp((*c)->name, name))
			return *c;
		suggest_offer(&s, (*c)->name);
	}
	options_fail(NULL, e, "unknown command \"%.64s\"", name);
	if (s.best)
		rl_hint(e, "did you mean %s?", s.best);
	return NULL;
}

static int check_arguments(const struct call *c, struct rl_err *e)
{
	const struct options *o = &c->options;

	if (o->n_args < c->cmd->min)
		return options_fail(c->cmd->name, e, "an argument is missing: %s",
				    c->cmd->arguments);
	if (o->n_args > c->cmd->max)
		return options_fail(c->cmd->name, e, "unexpected argument \"%.64s\"",
				    o->args[c->cmd->max]);
	if (o->regex)
		return 0;
	return o->n_args > c->cmd->id_at ? id_check(o->args[c->cmd->id_at], e) : 0;
}

/* Parse what stands behind the command's name and carry it out. */
static int run_command(struct call *c, char *const *words, int n, int *ret_status, struct rl_err *e)
{
	struct options_table t = { .command = c->cmd->name,
				   .rows = c->cmd->rows,
				   .global = global_rows,
				   .in_order = c->cmd->passes_on };
	int r;

	r = options_parse(&t, words, n, &c->options, e);
	if (r < 0)
		return r;
	if (r < n) {
		c->options.args[c->options.n_args++] = words[r];
		c->options.rest = words + r + 1;
		c->options.n_rest = (unsigned int)(n - r - 1);
	}
	if (c->options.help) {
		help_command(c->cmd);
		return 0;
	}
	r = check_arguments(c, e);
	if (r < 0)
		return r;
	if (c->cmd->needs_root) {
		r = stateroot_choose(c->options.root, c->root, sizeof(c->root), e);
		if (r < 0)
			return r;
		c->options.root = c->root;
	}
	return c->cmd->run(&c->options, ret_status, e);
}

/* "help" and "help COMMAND". */
static int show_help(struct call *c, char *const *words, int n, struct rl_err *e)
{
	if (!n) {
		help_program(commands, global_rows);
		return 0;
	}
	c->cmd = find_command(words[0], e);
	if (!c->cmd)
		return -EINVAL;
	help_command(c->cmd);
	return 0;
}

static int dispatch(struct call *c, char *const *words, int n, int *ret_status, struct rl_err *e)
{
	struct options_table t = { .rows = global_rows, .in_order = true };
	struct options *o = &c->options;
	int at, r;

	at = options_parse(&t, words, n, o, e);
	if (at >= 0 && o->version) {
		print_version();
		return 0;
	}
	/* The mistake in an option is for the log as well, if that was named before it. */
	r = start_log(o, e);
	if (at < 0 || r < 0)
		return at < 0 ? at : r;
	if (o->help || at == n)
		return show_help(c, NULL, 0, e);
	if (!strcmp(words[at], "help"))
		return show_help(c, words + at + 1, n - at - 1, e);
	c->cmd = find_command(words[at], e);
	if (!c->cmd)
		return -EINVAL;
	return run_command(c, words + at + 1, n - at - 1, ret_status, e);
}

/* The document in which an error may have a place. */
static const char *document(const struct call *c)
{
	const struct options *o = &c->options;

	if (o->resources || o->process)
		return document_name(o->resources ? o->resources : o->process);
	if (c->cmd && c->cmd->file_at && o->n_args > c->cmd->file_at)
		return document_name(o->args[c->cmd->file_at]);
	return o->config ? o->config : "config.json";
}

static void report_error(const struct call *c, const struct rl_err *e)
{
	const struct options *o = &c->options;
	rl_autofree char *config = NULL;
	struct log_error more = {
		.command = c->cmd ? c->cmd->name : NULL,
		.id = c->cmd && o->n_args > c->cmd->id_at ? o->args[c->cmd->id_at] : NULL,
		.config = document(c),
	};

	if (o->bundle && !o->config && asprintf(&config, "%s/config.json", o->bundle) > 0)
		more.config = config;
	if (e->step >= 0)
		more.step = container_step_name(e->step, &more.step_index, &more.step_count);
	log_error(e, &more);
}

/* As a shell: what a step says of the program is that it is not there, or that it cannot run. */
static int failure_status(const struct cmd *cmd, const struct rl_err *e)
{
	if (cmd && cmd->runs && e->step >= 0 && !strcmp(e->where, "process.args[0]"))
		return e->code == ENOENT || e->code == ENOTDIR ? 127 : 126;
	return cmd && cmd->failure ? cmd->failure : EXIT_FAILURE;
}

/* Standard output may be a full disk: what was printed counts only when it is written. */
static int finish_output(struct rl_err *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return rl_fail(e, errno ? -errno : -EIO, "write to standard output");
	return 0;
}

int main(int argc, char **argv)
{
	struct call c = { .options = OPTIONS_INIT };
	struct rl_err e = RL_ERR_INIT;
	int status = EXIT_SUCCESS;
	int r;

	if (open_standard_fds() < 0)
		return EXIT_FAILURE;
	r = dispatch(&c, argv + 1, argc ? argc - 1 : 0, &status, &e);
	if (r >= 0)
		r = finish_output(&e);
	if (r < 0) {
		report_error(&c, &e);
		status = failure_status(c.cmd, &e);
	}
	log_close();
	return status;
}
