/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one struct for the options of all commands, tables that say which of them a
 * command takes, and the one parser. The same tables print the help.
 *
 * Understood: --name value, --name=value, -n value, -n=value, -name value (one dash before a long
 * name: containerd sends it), options before or behind other words, "--" to end them. An option
 * that is given twice counts as given last, unless it makes a list. Flags take =true and =false.
 */
#ifndef RL_CLI_OPTIONS_H
#define RL_CLI_OPTIONS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_ARGS      4     /* words that are no options; no command takes more */
#define OPTIONS_LIST_MAX  512   /* values of an option that adds up */
#define OPTIONS_VALUE_MAX 4095  /* bytes of a value: a path */
#define OPTIONS_FDS_MAX   65536 /* --preserve-fds */
#define OPTIONS_UNSET     (~0u) /* a word that was not given */

/* The single limits of update. */
enum options_limit {
#define LIMIT(symbol, name, part, member, kind, value, help) OPTIONS_LIMIT_##symbol,
#define ALIAS(symbol, name, value, help)
#include "cli/update-options.def"
#undef LIMIT
#undef ALIAS
	OPTIONS_LIMITS
};

/* The values of an option that may be given several times. */
struct options_list {
	char *v[OPTIONS_LIST_MAX];
	unsigned int n;
};

struct options {
	/* before the command */
	const char *root;
	const char *log;
	const char *trace;       /* "-": standard error */
	unsigned int log_format; /* enum log_format */
	unsigned int log_level;  /* enum log_level, or OPTIONS_UNSET */
	unsigned int cgroups;    /* enum container_cgroups */
	unsigned int rootless;   /* enum container_rootless */
	bool version;
	bool help;
	/* behind it */
	const char *bundle;
	const char *config;
	const char *console_socket;
	const char *pidfd_socket;
	const char *pid_file;
	const char *file;
	const char *interval;
	const char *resources; /* "-": standard input */
	const char *limits[OPTIONS_LIMITS];
	const char *l3_cache_schema;
	const char *mem_bw_schema;
	unsigned int preserve_fds;
	bool security;
	unsigned int format; /* position in the words of the command's row */
	bool no_pivot;
	bool no_new_keyring;
	bool no_subreaper;
	bool detach;
	bool keep;
	bool all;
	bool force;
	bool quiet;
	bool regex;
	bool stats;
	bool for_user; /* spec --rootless */
	/* exec */
	const char *process; /* "-": standard input */
	const char *user;
	const char *cwd;
	const char *process_label;
	const char *apparmor;
	struct options_list env, caps, additional_gids, exec_cgroups;
	bool tty;
	bool no_new_privs;
	bool ignore_paused;
	/* the words that are no options */
	const char *args[OPTIONS_ARGS];
	unsigned int n_args; /* counts on when args is full */
	/* the words behind the first of them, of a command that passes them on */
	char *const *rest;
	unsigned int n_rest;
};

#define OPTIONS_INIT                       \
	{                                  \
		.log_level = OPTIONS_UNSET \
	}

enum options_kind {
	OPTIONS_FLAG,   /* bool */
	OPTIONS_SET,    /* unsigned int, set to `number` */
	OPTIONS_TEXT,   /* const char *, not empty */
	OPTIONS_LIST,   /* struct options_list: each time one more, not empty */
	OPTIONS_MAYBE,  /* const char *; only --name=value, "-" without a value */
	OPTIONS_NUMBER, /* unsigned int, at most `number` */
	OPTIONS_WORD,   /* unsigned int: position in `value`: "text|json" */
};

struct options_row {
	const char *name;    /* without dashes; NULL ends the table */
	const char *letters; /* its short forms: "vV"; may be empty */
	enum options_kind kind;
	unsigned int number;
	size_t offset;     /* in struct options */
	const char *value; /* what the help calls the value; the words */
	const char *help;
};

/* The offset of a member whose type is checked: comparing pointers to other types is an error. */
#define OPTIONS_AT(member, type)            \
	(offsetof(struct options, member) + \
	 0 * sizeof(&((struct options *)NULL)->member == (type *)NULL))

#define OPTIONS_ROW_FLAG(name, letters, member, help)                                \
	{                                                                            \
		name, letters, OPTIONS_FLAG, 0, OPTIONS_AT(member, bool), NULL, help \
	}
#define OPTIONS_ROW_SET(name, letters, member, number, help)                                     \
	{                                                                                        \
		name, letters, OPTIONS_SET, number, OPTIONS_AT(member, unsigned int), NULL, help \
	}
#define OPTIONS_ROW_TEXT(name, letters, member, value, help)                                  \
	{                                                                                     \
		name, letters, OPTIONS_TEXT, 0, OPTIONS_AT(member, const char *), value, help \
	}
#define OPTIONS_ROW_LIST(name, letters, member, value, help)                                    \
	{                                                                                       \
		name, letters, OPTIONS_LIST, 0, OPTIONS_AT(member, struct options_list), value, \
			help                                                                    \
	}
#define OPTIONS_ROW_MAYBE(name, letters, member, value, help)                                  \
	{                                                                                      \
		name, letters, OPTIONS_MAYBE, 0, OPTIONS_AT(member, const char *), value, help \
	}
#define OPTIONS_ROW_NUMBER(name, letters, member, max, value, help)                               \
	{                                                                                         \
		name, letters, OPTIONS_NUMBER, max, OPTIONS_AT(member, unsigned int), value, help \
	}
#define OPTIONS_ROW_WORD(name, letters, member, words, help)                                  \
	{                                                                                     \
		name, letters, OPTIONS_WORD, 0, OPTIONS_AT(member, unsigned int), words, help \
	}

/* The end of every table. */
#define OPTIONS_END                                            \
	OPTIONS_ROW_FLAG("help", "h", help, "show this help"), \
	{                                                      \
		.name = NULL                                   \
	}

/* What is parsed. */
struct options_table {
	const char *command; /* NULL: the options before the command */
	const struct options_row *rows;
	const struct options_row *global; /* named in the error when they come too late; or NULL */
	bool in_order;                    /* the first word that is no option ends the options */
};

/*
 * Parse n words into *o. Returns the index of the first word that was not consumed (n, unless
 * in_order), or a negative errno with *e filled; what was parsed until then stays in *o.
 */
int options_parse(const struct options_table *t, char *const *words, int n, struct options *o,
		  struct rl_err *e);

/* A mistake in the command line of `command` (NULL: of rundlet); names the help. Returns -EINVAL.
 */
int options_fail(const char *command, struct rl_err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
