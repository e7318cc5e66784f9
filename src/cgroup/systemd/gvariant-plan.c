/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads values in the text format of GVariant
 * (https://docs.gtk.org/glib/gvariant-text-format.html), as far as properties of units need it: one
 * boolean, number or string, or an array of strings.
 */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT    65536 /* bytes of a value */
#define STRINGS_LIMIT 1024  /* in an array */
#define USEC_DIGITS   6

/* The words before a number, the kinds and their bounds. Without a word it is an int32. */
static const struct type {
	const char *word;
	enum systemd_kind kind;
	int64_t min;
	uint64_t max;
} types[] = {
	{ "int32", SYSTEMD_I32, INT32_MIN, INT32_MAX },
	{ "byte", SYSTEMD_BYTE, 0, UINT8_MAX },
	{ "int16", SYSTEMD_I16, INT16_MIN, INT16_MAX },
	{ "uint16", SYSTEMD_U16, 0, UINT16_MAX },
	{ "uint32", SYSTEMD_U32, 0, UINT32_MAX },
	{ "int64", SYSTEMD_I64, INT64_MIN, INT64_MAX },
	{ "uint64", SYSTEMD_U64, 0, UINT64_MAX },
};

struct reader {
	const char *at;
	const char *text; /* all of it, for errors */
	const char *where;
	struct rl_err *e;
	char *out; /* the strings that were read, each with its NUL */
	size_t len;
};

static int refuse(const struct reader *r, const char *why)
{
	rl_refuse(r->e, r->where, "\"%.100s\" %s", r->text, why);
	rl_hint(r->e, "values are written as GVariant has them: true, 'text', ['a', 'b'], 5, "
		      "uint64 5");
	return -EINVAL;
}

static void skip_blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t\n");
}

static bool is_end(struct reader *r)
{
	skip_blanks(r);
	return !*r->at;
}

/* Whether this word stands here, as a whole; moves on behind it. */
static bool take_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(r->at, word, len) != 0 || (r->at[len] && !strchr(" \t\n", r->at[len])))
		return false;
	r->at += len;
	skip_blanks(r);
	return true;
}

/* 'text' or "text", with \\ and \' and \" inside. */
static int read_string(struct reader *r)
{
	char quote = *r->at++;

	while (*r->at != quote) {
		if (*r->at == '\\') {
			r->at++;
			if (!*r->at || !strchr("\\'\"", *r->at))
				return refuse(r, "has a \\ before something else than \\, ' or \"");
		}
		if (!*r->at)
			return refuse(r, "lacks the quote at the end of a string");
		r->out[r->len++] = *r->at++;
	}
	r->at++;
	r->out[r->len++] = 0;
	return 0;
}

static int read_array(struct reader *r, struct systemd_property *ret)
{
	r->at++;
	skip_blanks(r);
	if (*r->at == ']')
		return refuse(r, "is an array without elements, which has no type");
	for (uint64_t n = 1; n <= STRINGS_LIMIT; n++) {
		int ret_code;

		if (*r->at != '\'' && *r->at != '"')
			return refuse(r, "is an array of something else than strings");
		ret_code = read_string(r);
		if (ret_code < 0)
			return ret_code;
		skip_blanks(r);
		if (*r->at != ',' && *r->at != ']')
			return refuse(r, "lacks a comma or the ] at the end of the array");
		if (*r->at++ == ']') {
			ret->kind = SYSTEMD_STRINGS;
			ret->number = n;
			return 0;
		}
		skip_blanks(r);
	}
	return refuse(r, "has too many strings");
}

static int read_number(struct reader *r, const struct type *t, struct systemd_property *ret)
{
	bool negative = *r->at == '-';
	unsigned long long value;
	char *end;

	r->at += *r->at == '-' || *r->at == '+';
	if (*r->at < '0' || *r->at > '9')
		return refuse(r, "is no value that a property can have");
	errno = 0;
	value = strtoull(r->at, &end, 0);
	if (*end && !strchr(" \t\n", *end))
		return refuse(r, "is no whole number");
	r->at = end;
	/* -(min + 1) + 1, as the least number has no positive one. */
	if (errno || (!negative && value > t->max) ||
	    (negative && value && (t->min == 0 || value - 1 > (uint64_t) - (t->min + 1)))) {
		rl_refuse(r->e, r->where, "\"%.100s\" is beyond the range of %s", r->text, t->word);
		return -EINVAL;
	}
	ret->kind = (int)t->kind;
	ret->number = negative ? -(uint64_t)value : value;
	return 0;
}

static int read_typed(struct reader *r, struct systemd_property *ret)
{
	for (size_t i = 0; i < RL_COUNT(types); i++)
		if (take_word(r, types[i].word))
			return read_number(r, &types[i], ret);
	if (strchr("@([{<", *r->at) && *r->at)
		return refuse(r, "has a type that no property of a scope needs");
	return read_number(r, &types[0], ret);
}

static int read_value(struct reader *r, struct systemd_property *ret)
{
	int ret_code;

	ret->number = 0;
	if (take_word(r, "true") || take_word(r, "false")) {
		ret->kind = SYSTEMD_BOOL;
		ret->number = r->text[strspn(r->text, " \t\n")] == 't';
		return 0;
	}
	if (*r->at == '[')
		return read_array(r, ret);
	if (*r->at != '\'' && *r->at != '"')
		return read_typed(r, ret);
	ret_code = read_string(r);
	ret->kind = SYSTEMD_STRING;
	return ret_code;
}

int gvariant_parse(const char *text, const char *where, struct systemd_property *ret,
		   struct rl_err *e)
{
	struct reader r = { .at = text, .text = text, .where = where, .e = e };
	rl_autofree char *out = NULL;
	int ret_code;

	if (strlen(text) > TEXT_LIMIT)
		return rl_refuse(e, where, "the value is longer than %d bytes", TEXT_LIMIT);
	if (is_end(&r))
		return refuse(&r, "is no value");
	/* A string is never longer than what it was written as. */
	out = malloc(strlen(text) + 1);
	if (!out)
		return rl_fail(e, -ENOMEM, "read an annotation");
	r.out = out;
	ret_code = read_value(&r, ret);
	if (ret_code == 0 && !is_end(&r))
		ret_code = refuse(&r, "goes on behind its value");
	if (ret_code < 0)
		return ret_code;
	ret->data = r.len ? RL_TAKE_PTR(out) : NULL;
	ret->size = r.len;
	return 0;
}

int gvariant_parse_seconds(const char *text, const char *where, struct systemd_property *ret,
			   struct rl_err *e)
{
	struct reader r = { .at = text, .text = text, .where = where, .e = e };
	uint64_t usec = 0;
	int digits = -1; /* behind the point; -1: before it */

	skip_blanks(&r);
	for (size_t i = 0; i < RL_COUNT(types); i++)
		if (take_word(&r, types[i].word))
			break;
	if (*r.at < '0' || *r.at > '9')
		return refuse(&r, "is no number of seconds");
	for (; (*r.at >= '0' && *r.at <= '9') || (*r.at == '.' && digits < 0); r.at++) {
		if (*r.at == '.')
			digits = 0;
		else if (digits >= USEC_DIGITS)
			continue; /* less than a microsecond */
		else if (__builtin_mul_overflow(usec, UINT64_C(10), &usec) ||
			 __builtin_add_overflow(usec, (uint64_t)(*r.at - '0'), &usec))
			return refuse(&r, "is too much");
		else if (digits >= 0)
			digits++;
	}
	if (!is_end(&r))
		return refuse(&r, "is no number of seconds");
	for (int i = digits < 0 ? 0 : digits; i < USEC_DIGITS; i++)
		if (__builtin_mul_overflow(usec, UINT64_C(10), &usec))
			return refuse(&r, "is too much");
	*ret = (struct systemd_property){ .name = ret->name, .kind = SYSTEMD_U64, .number = usec };
	return 0;
}
