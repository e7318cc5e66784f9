/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where messages go: standard error for people, and the file of --log for engines.
 *
 * Engines read that file as a whole: one failure must write exactly one record, and no warning may
 * stand before it unless a level below "error" was asked for. See log.c.
 */
#ifndef RL_BASE_LOG_H
#define RL_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_options {
	const char *path;       /* NULL: standard error only; borrowed */
	enum log_format format; /* of the file, or of standard error when path is NULL */
	enum log_level level;   /* of the file, or of standard error when path is NULL */
};

/*
 * Open the log. The file is appended to, created with mode 0600.
 * Returns 0 or a negative errno, with *e filled.
 */
int log_open(const struct log_options *o, struct rl_err *e);
void log_close(void);

/* A failure that is lived with; the text ends in ", ignoring" or says what is done instead. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What the error report adds to the error itself. All borrowed; all may be NULL. */
struct log_error {
	const char *command; /* create */
	const char *id;      /* web */
	const char *config;  /* path of the document that `where` points into */
	const char *step;    /* name of the step */
	int step_index;      /* from 1; 0: none */
	int step_count;
};

/*
 * Report a failure, once: one record in the log file, and text on standard error. On a terminal
 * the text has further lines (at, step, hint).
 */
void log_error(const struct rl_err *e, const struct log_error *more);

#endif
