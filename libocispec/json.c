/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON events from yajl's streaming parser; see json.h. What yajl does not do is done here: limits
 * of size and depth, strict UTF-8, NUL and lone surrogates behind \u, and the place of each value.
 */
#include "libocispec/json.h"

#include "libocispec/ocispec.h"
#include "libocispec/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

struct reader {
	const char *text;
	size_t len;
	yajl_handle yajl;
	json_handler *handler;
	void *context;
	struct json_error *err;
	int result; /* not 0: stopped */
	size_t depth;
	size_t end; /* of the last event in the text */
};

static int refuse(struct reader *r, int code, size_t at, const char *message)
{
	r->err->at = at;
	r->err->in_value = !r->err->in_key;
	snprintf(r->err->message, sizeof(r->err->message), "%s", message);
	r->result = code;
	return 0;
}

/*
 * Hand an event on. Returns yajl's "go on". The whole text is one chunk, so that what yajl has
 * consumed is the end of this token in the text.
 */
static int emit(struct reader *r, enum json_type type, size_t at, const char *s, size_t len)
{
	struct json_event ev = { .type = type, .at = at, .s = s, .len = len };

	r->end = yajl_get_bytes_consumed(r->yajl);
	r->result = r->handler(r->context, &ev);
	return r->result == 0;
}

/* The place of a token of `len` bytes that was just consumed. */
static size_t token_at(const struct reader *r, size_t len)
{
	size_t end = yajl_get_bytes_consumed(r->yajl);

	return end > len ? end - len : 0;
}

static int on_null(void *context)
{
	struct reader *r = context;

	return emit(r, JSON_NULL, token_at(r, strlen("null")), NULL, 0);
}

static int on_boolean(void *context, int value)
{
	struct reader *r = context;

	return emit(r, value ? JSON_TRUE : JSON_FALSE,
		    token_at(r, strlen(value ? "true" : "false")), NULL, 0);
}

static int on_number(void *context, const char *s, size_t len)
{
	struct reader *r = context;

	return emit(r, JSON_NUMBER, token_at(r, len), s, len);
}

static bool hex4(const char *s, unsigned int *ret)
{
	unsigned int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned int)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (unsigned int)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* What is wrong with the escapes of a raw string, or NULL. yajl has checked their form. */
static const char *bad_escape(const char *s, const char *end)
{
	unsigned int c, low;

	for (; end - s >= 2; s++) {
		if (*s != '\\')
			continue;
		if (*++s != 'u')
			continue;
		if (end - s < 5 || !hex4(s + 1, &c))
			return "has a broken \\u escape";
		s += 4;
		if (c == 0)
			return "must not contain NUL (\\u0000)";
		if (c < 0xd800 || c > 0xdfff)
			continue;
		if (c > 0xdbff || end - s < 7 || s[1] != '\\' || s[2] != 'u' ||
		    !hex4(s + 3, &low) || low < 0xdc00 || low > 0xdfff)
			return "has half of a surrogate pair (\\ud800 to \\udfff)";
		s += 6;
	}
	return NULL;
}

/* Whether the byte at i is a quote that no backslash escapes. */
static bool is_quote(const char *text, size_t i)
{
	size_t slashes = 0;

	if (text[i] != '"')
		return false;
	while (slashes < i && text[i - slashes - 1] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

/* The opening quote of a string whose closing quote is the last byte before `end`. */
static size_t quote_at(const char *text, size_t end)
{
	size_t i = end - 1;

	while (i > 0 && !is_quote(text, --i))
		;
	return i;
}

static int string_event(struct reader *r, enum json_type type, const unsigned char *value,
			size_t len)
{
	const char *s = (const char *)value, *bad;
	size_t end = yajl_get_bytes_consumed(r->yajl), at;

	/* Without escapes the value stands in the text as it is. */
	if ((uintptr_t)s > (uintptr_t)r->text && (uintptr_t)s < (uintptr_t)(r->text + r->len))
		return emit(r, type, (size_t)(s - r->text) - 1, s, len);
	if (end < 2)
		return emit(r, type, 0, s, len);
	at = quote_at(r->text, end);
	bad = bad_escape(r->text + at + 1, r->text + end - 1);
	if (bad) {
		r->err->in_key = type == JSON_KEY;
		return refuse(r, -EINVAL, at, bad);
	}
	return emit(r, type, at, s, len);
}

static int on_string(void *context, const unsigned char *s, size_t len)
{
	return string_event(context, JSON_STRING, s, len);
}

static int on_key(void *context, const unsigned char *s, size_t len)
{
	return string_event(context, JSON_KEY, s, len);
}

static int open_event(struct reader *r, enum json_type type)
{
	char message[64];

	if (r->depth == OCI_DEPTH_MAX) {
		snprintf(message, sizeof(message), "is nested deeper than %d levels",
			 OCI_DEPTH_MAX);
		return refuse(r, -E2BIG, token_at(r, 1), message);
	}
	r->depth++;
	return emit(r, type, token_at(r, 1), NULL, 0);
}

static int on_object(void *context)
{
	return open_event(context, JSON_OBJECT);
}

static int on_array(void *context)
{
	return open_event(context, JSON_ARRAY);
}

static int close_event(struct reader *r, enum json_type type)
{
	r->depth--;
	return emit(r, type, token_at(r, 1), NULL, 0);
}

static int on_object_end(void *context)
{
	return close_event(context, JSON_OBJECT_END);
}

static int on_array_end(void *context)
{
	return close_event(context, JSON_ARRAY_END);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_object_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_array_end,
};

/*
 * Where the token starts that yajl did not want: behind the last event, white space, and the ':' or
 * ',' before it, unless that is itself the unwanted one.
 */
static size_t unwanted_at(const struct reader *r)
{
	size_t consumed = yajl_get_bytes_consumed(r->yajl), at = r->end;

	for (int marks = 0; at < r->len && at + 1 < consumed; at++) {
		if (strchr(":,", r->text[at]) && marks++)
			break;
		if (!strchr(" \t\r\n:,", r->text[at]))
			break;
	}
	return at;
}

/* Where the text stops being JSON. yajl puts a character that no token starts with behind it. */
static size_t syntax_error_at(const struct reader *r, const char *said)
{
	size_t consumed = yajl_get_bytes_consumed(r->yajl);

	if (strncmp(said, "lexical", strlen("lexical")) != 0)
		return unwanted_at(r);
	return consumed && strstr(said, "invalid char in json text") ? consumed - 1 : consumed;
}

/* Take over yajl's own complaint: "parse error: trailing garbage\n". */
static int syntax_error(struct reader *r, bool at_end)
{
	unsigned char *said = yajl_get_error(r->yajl, 0, NULL, 0);
	const char *text = said ? (const char *)said : "error";
	size_t n = strcspn(text, "\n");

	if (n && text[n - 1] == '.')
		n--;
	r->err->at = at_end ? r->len : syntax_error_at(r, text);
	snprintf(r->err->message, sizeof(r->err->message), "not valid JSON: %.*s", (int)n, text);
	if (said)
		yajl_free_error(r->yajl, said);
	return -EINVAL;
}

static int run(struct reader *r)
{
	yajl_status status;

	status = yajl_parse(r->yajl, (const unsigned char *)r->text, r->len);
	if (r->result)
		return r->result;
	if (status != yajl_status_ok)
		return syntax_error(r, false);
	status = yajl_complete_parse(r->yajl);
	if (r->result)
		return r->result;
	if (status != yajl_status_ok)
		return syntax_error(r, true);
	return 0;
}

/* What can be said without parsing: size and encoding. */
static int check_text(const char *text, size_t len, struct json_error *err)
{
	size_t valid;

	if (len > OCI_TEXT_MAX) {
		*err = (struct json_error){ .at = 0 };
		snprintf(err->message, sizeof(err->message), "larger than the limit of %zu MiB",
			 OCI_TEXT_MAX >> 20);
		return -E2BIG;
	}
	valid = utf8_valid(text, len);
	if (valid < len) {
		*err = (struct json_error){ .at = valid };
		snprintf(err->message, sizeof(err->message), "not valid UTF-8: byte 0x%02x",
			 (unsigned char)text[valid]);
		return -EINVAL;
	}
	return 0;
}

int json_parse(const char *text, size_t len, json_handler *handler, void *context,
	       struct json_error *err)
{
	struct reader r = {
		.text = text, .len = len, .handler = handler, .context = context, .err = err
	};
	int result = check_text(text, len, err);

	if (result < 0)
		return result;
	r.yajl = yajl_alloc(&callbacks, NULL, &r);
	if (!r.yajl) {
		*err = (struct json_error){ .message = "no memory" };
		return -ENOMEM;
	}
	/* check_text() did it, and better. */
	yajl_config(r.yajl, yajl_dont_validate_strings, 1);
	result = run(&r);
	yajl_free(r.yajl);
	return result;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",        [JSON_FALSE] = "false",     [JSON_TRUE] = "true",
		[JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_KEY] = "a name",
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
	};

	return names[type] ? names[type] : "an end";
}

void json_place(const char *text, size_t len, size_t at, int *ret_line, int *ret_column)
{
	size_t start = 0;
	int line = 1;

	if (at > len)
		at = len;
	for (size_t i = 0; i < at; i++)
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	*ret_line = line;
	*ret_column = (int)(at - start) + 1;
}
