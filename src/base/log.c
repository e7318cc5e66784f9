/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes messages to the log file and to standard error; see log.h.
 *
 * A record is one line in one write(2) with O_APPEND: the runtimes of one container share the file,
 * and podman and containerd decode it as JSON objects. The text on standard error is one write(2)
 * too: conmon keeps one buffer of it.
 */
#include "base/log.h"

#include "base/auto.h"
#include "base/escape.h"
#include "base/report.h"
#include "base/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 1024

static struct {
	int fd; /* of the log file, or -EBADF */
	enum log_format format;
	enum log_level level;
} target = { -EBADF, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* The members of a record beside level, msg and time. */
struct extra {
	const struct rl_err *e;
	const struct log_error *more;
	const char *hint;
};

int log_open(const struct log_options *o, struct rl_err *e)
{
	int fd = -EBADF;

	if (o->path) {
		fd = open(o->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd < 0)
			return rl_fail(e, -errno, "open the log \"%s\"", o->path);
	}
	log_close();
	target.fd = fd;
	target.format = o->format;
	target.level = o->level;
	return 0;
}

void log_close(void)
{
	auto_close(&target.fd);
	target.format = LOG_FORMAT_TEXT;
	target.level = LOG_LEVEL_WARNING;
}

/* All of it in one call; nothing can be reported when this fails. */
static void write_once(int fd, const char *text, size_t len)
{
	ssize_t n;

	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
}

static void json_record(FILE *out, enum log_level level, const char *msg, const char *when,
			const struct extra *x)
{
	const struct rl_err *e = x ? x->e : NULL;
	struct report r;

	report_begin(&r, out, REPORT_JSON_LINE);
	report_str(&r, "level", level_names[level]);
	report_str(&r, "msg", msg);
	report_str(&r, "time", when);
	if (e) {
		report_str(&r, "step", x->more->step);
		report_str(&r, "config", e->where[0] ? e->where : NULL);
		if (e->line)
			report_i64(&r, "line", e->line);
		if (e->column)
			report_i64(&r, "column", e->column);
		report_i64(&r, "errno", e->code);
		report_str(&r, "hint", x->hint);
	}
	report_end(&r);
}

static void text_member(FILE *out, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(out, " %s=", key);
	escape_json(out, value);
}

/* The same record as key=value pairs. */
static void text_record(FILE *out, enum log_level level, const char *msg, const char *when,
			const struct extra *x)
{
	const struct rl_err *e = x ? x->e : NULL;

	fprintf(out, "time=\"%s\" level=%s", when, level_names[level]);
	text_member(out, "msg", msg);
	if (e) {
		text_member(out, "step", x->more->step);
		text_member(out, "config", e->where[0] ? e->where : NULL);
		if (e->line)
			fprintf(out, " line=%d", e->line);
		if (e->column)
			fprintf(out, " column=%d", e->column);
		fprintf(out, " errno=%d", e->code);
		text_member(out, "hint", x->hint);
	}
	fputc('\n', out);
}

static void write_record(int fd, enum log_level level, const char *msg, const struct extra *x)
{
	rl_autofree char *text = NULL;
	char when[STAMP_SIZE];
	size_t len = 0;
	FILE *out;

	stamp_now(6, when);
	out = open_memstream(&text, &len);
	if (!out)
		return;
	if (target.format == LOG_FORMAT_JSON)
		json_record(out, level, msg, when, x);
	else
		text_record(out, level, msg, when, x);
	if (fclose(out) == 0)
		write_once(fd, text, len);
}

/* A message below an error: a record, or a line on standard error. */
static void message(enum log_level level, const char *fmt, va_list ap)
{
	rl_autofree char *text = NULL;
	char msg[MESSAGE_MAX];
	size_t len = 0;
	FILE *out;

	if (level > target.level)
		return;
	vsnprintf(msg, sizeof(msg), fmt, ap);
	if (target.fd >= 0 || target.format == LOG_FORMAT_JSON) {
		write_record(target.fd >= 0 ? target.fd : STDERR_FILENO, level, msg, NULL);
		return;
	}
	out = open_memstream(&text, &len);
	if (!out)
		return;
	fprintf(out, "rundlet: %s: ", level_names[level]);
	escape_text(out, msg);
	fputc('\n', out);
	if (fclose(out) == 0)
		write_once(STDERR_FILENO, text, len);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

/* The lines below the first one, for people. */
static void detail(FILE *out, const struct extra *x, const char *dim, const char *plain)
{
	const struct log_error *more = x->more;
	const struct rl_err *e = x->e;

	if (e->line) {
		fprintf(out, "  %sat%s    ", dim, plain);
		escape_text(out, more->config ? more->config : "config.json");
		fprintf(out, " line %d", e->line);
		if (e->column)
			fprintf(out, ", column %d", e->column);
		fputc('\n', out);
	}
	if (more->step) {
		fprintf(out, "  %sstep%s  %s", dim, plain, more->step);
		if (more->step_index)
			fprintf(out, " (%d of %d)", more->step_index, more->step_count);
		fputc('\n', out);
	}
	if (x->hint) {
		fprintf(out, "  %shint%s  ", dim, plain);
		escape_text(out, x->hint);
		fputc('\n', out);
	}
}

/* See no-color.org: any value but an empty one asks for none. */
static bool want_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

static void text_error(const char *msg, const struct extra *x)
{
	bool terminal = isatty(STDERR_FILENO) == 1;
	bool colour = terminal && want_colour();
	const char *plain = colour ? "\033[0m" : "";
	rl_autofree char *text = NULL;
	size_t len = 0;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out) { /* no memory: the bare message is better than none */
		write_once(STDERR_FILENO, msg, strlen(msg));
		return;
	}
	fprintf(out, "%srundlet:%s ", colour ? "\033[1;31m" : "", plain);
	if (x->more->command) {
		fputs(x->more->command, out);
		if (x->more->id) {
			fputc(' ', out);
			escape_text(out, x->more->id);
		}
		fputs(": ", out);
	}
	escape_text(out, msg);
	fputc('\n', out);
	if (terminal)
		detail(out, x, colour ? "\033[2m" : "", plain);
	if (fclose(out) == 0)
		write_once(STDERR_FILENO, text, len);
}

void log_error(const struct rl_err *e, const struct log_error *more)
{
	static const struct log_error nothing;
	char msg[RL_ERR_WHERE + RL_ERR_WHAT + 128];
	struct extra x = { .e = e, .more = more ? more : &nothing };

	if (e->hint[0])
		x.hint = e->hint;
	else if (!(e->flags & RL_ERR_WHOLE))
		x.hint = rl_errno_hint(e->code);
	rl_err_line(e, msg, sizeof(msg));
	if (target.fd >= 0)
		write_record(target.fd, LOG_LEVEL_ERROR, msg, &x);
	if (target.fd < 0 && target.format == LOG_FORMAT_JSON)
		write_record(STDERR_FILENO, LOG_LEVEL_ERROR, msg, &x);
	else
		text_error(msg, &x);
}
