/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the command line by tables; see options.h. */
#include "cli/options.h"

#include "cli/suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* An option as it was written. */
struct written {
	const char *word;  /* "--bundle=/b", for messages */
	const char *name;  /* "bundle=/b" */
	int name_len;      /* up to '=' */
	const char *value; /* behind '=', or NULL */
};

int options_fail(const char *command, struct rl_err *e, const char *fmt, ...)
{
	char text[RL_ERR_WHAT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return rl_whole(e, -EINVAL, "%.240s (see rundlet %s%s--help)", text, command ? command : "",
			command ? " " : "");
}

static const struct options_row *find(const struct options_row *rows, const struct written *w)
{
	bool letter = w->name_len == 1 && w->word[1] != '-';

	for (; rows && rows->name; rows++) {
		if (letter && strchr(rows->letters, w->name[0]))
			return rows;
		if (strlen(rows->name) == (size_t)w->name_len &&
		    !memcmp(rows->name, w->name, (size_t)w->name_len))
			return rows;
	}
	return NULL;
}

static int unknown(const struct options_table *t, const struct written *w, struct rl_err *e)
{
	char name[64];
	struct suggest s = SUGGEST_INIT(name);
	int dashes = (int)(w->name - w->word);
	int r;

	snprintf(name, sizeof(name), "%.*s", w->name_len, w->name);
	if (find(t->global, w))
		return options_fail(NULL, e, "%.*s%s is a global option: it stands before \"%s\"",
				    dashes, w->word, name, t->command);
	for (const struct options_row *row = t->rows; row->name; row++)
		suggest_offer(&s, row->name);
	r = options_fail(t->command, e, "unknown option %.*s%s", dashes, w->word, name);
	if (s.best)
		rl_hint(e, "did you mean --%s?", s.best);
	return r;
}

/* true, false, and what Go's parser takes for them. Returns 0 or 1, or -EINVAL. */
static int truth(const char *value)
{
	if (!value || !strcmp(value, "true") || !strcmp(value, "1"))
		return 1;
	if (!strcmp(value, "false") || !strcmp(value, "0"))
		return 0;
	return -EINVAL;
}

/* Decimal digits only. Returns 0 or -EINVAL. */
static int number(const char *value, unsigned int max, unsigned int *ret)
{
	unsigned long long n = 0;

	if (!*value)
		return -EINVAL;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return -EINVAL;
		n = n * 10 + (unsigned int)(*value - '0');
		if (n > max)
			return -EINVAL;
	}
	*ret = (unsigned int)n;
	return 0;
}

/* The position of value in "text|json". Returns 0 or -EINVAL. */
static int word(const char *value, const char *words, unsigned int *ret)
{
	size_t len = strlen(value);

	for (unsigned int i = 0;; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && !memcmp(words, value, n)) {
			*ret = i;
			return 0;
		}
		if (!words[n])
			return -EINVAL;
		words += n + 1;
	}
}

static int store_text(const struct options_table *t, const struct options_row *row,
		      const char *value, const char **ret, struct rl_err *e)
{
	if (!*value)
		return options_fail(t->command, e, "option --%s: the value is empty", row->name);
	if (strlen(value) > OPTIONS_VALUE_MAX)
		return options_fail(t->command, e, "option --%s: the value is longer than %d bytes",
				    row->name, OPTIONS_VALUE_MAX);
	*ret = value;
	return 0;
}

static int store_more(const struct options_table *t, const struct options_row *row,
		      const char *value, struct options_list *list, struct rl_err *e)
{
	if (!*value)
		return options_fail(t->command, e, "option --%s: the value is empty", row->name);
	if (list->n == OPTIONS_LIST_MAX)
		return options_fail(t->command, e, "option --%s: given more than %d times",
				    row->name, OPTIONS_LIST_MAX);
	list->v[list->n++] = (char *)(uintptr_t)value;
	return 0;
}

/* Store a value; it is not NULL where the kind needs one. */
static int store(const struct options_table *t, const struct options_row *row, const char *value,
		 struct options *o, struct rl_err *e)
{
	void *at = (char *)o + row->offset;
	int r;

	switch (row->kind) {
	case OPTIONS_FLAG:
	case OPTIONS_SET:
		r = truth(value);
		if (r < 0)
			return options_fail(t->command, e,
					    "option --%s: \"%.64s\" is neither true nor false",
					    row->name, value);
		if (row->kind == OPTIONS_FLAG)
			*(bool *)at = r;
		else if (r)
			*(unsigned int *)at = row->number;
		return 0;
	case OPTIONS_MAYBE:
		return store_text(t, row, value ? value : "-", at, e);
	case OPTIONS_TEXT:
		return store_text(t, row, value, at, e);
	case OPTIONS_LIST:
		return store_more(t, row, value, at, e);
	case OPTIONS_NUMBER:
		if (number(value, row->number, at) < 0)
			return options_fail(t->command, e,
					    "option --%s: \"%.64s\" is no number from 0 to %u",
					    row->name, value, row->number);
		return 0;
	case OPTIONS_WORD:
		if (word(value, row->value, at) < 0)
			return options_fail(t->command, e, "option --%s: \"%.64s\" is none of %s",
					    row->name, value, row->value);
		return 0;
	}
	return 0;
}

static bool takes_next_word(const struct options_row *row)
{
	return row->kind == OPTIONS_TEXT || row->kind == OPTIONS_LIST ||
	       row->kind == OPTIONS_NUMBER || row->kind == OPTIONS_WORD;
}

/* Parse the option words[i]. Returns the index of the word behind it and its value. */
static int parse_one(const struct options_table *t, char *const *words, int n, int i,
		     struct options *o, struct rl_err *e)
{
	struct written w = { .word = words[i] };
	const struct options_row *row;
	int r;

	w.name = w.word + (w.word[1] == '-' ? 2 : 1);
	w.name_len = (int)strcspn(w.name, "=");
	if (w.name[w.name_len])
		w.value = w.name + w.name_len + 1;
	row = find(t->rows, &w);
	if (!row)
		return unknown(t, &w, e);
	i++;
	if (!w.value && takes_next_word(row)) {
		/* podman looks for these words to learn which options a runtime has. */
		if (i == n)
			return options_fail(t->command, e, "flag needs an argument: --%s %s",
					    row->name, row->value);
		w.value = words[i++];
	}
	r = store(t, row, w.value, o, e);
	return r < 0 ? r : i;
}

static void add_argument(struct options *o, const char *text)
{
	if (o->n_args < OPTIONS_ARGS)
		o->args[o->n_args] = text;
	o->n_args++;
}

int options_parse(const struct options_table *t, char *const *words, int n, struct options *o,
		  struct rl_err *e)
{
	bool ended = false;
	int i = 0;

	while (i < n) {
		bool option = !ended && words[i][0] == '-' && words[i][1];

		if (option && !strcmp(words[i], "--")) {
			ended = true;
			i++;
		} else if (option) {
			i = parse_one(t, words, n, i, o, e);
			if (i < 0)
				return i;
		} else if (t->in_order) {
			return i;
		} else {
			add_argument(o, words[i++]);
		}
	}
	return n;
}
