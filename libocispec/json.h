/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as a stream of events, each with its place in the text. Internal to libocispec.
 *
 * Strict: size and depth are limited, strings are valid UTF-8 without NUL and without lone
 * surrogates, and nothing follows the document. json.c is the only file that sees yajl.
 */
#ifndef OCISPEC_JSON_H
#define OCISPEC_JSON_H

#include <stdbool.h>
#include <stddef.h>

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_KEY,
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
};

struct json_event {
	enum json_type type;
	size_t at;     /* where it starts in the text */
	const char *s; /* number, string, key: its characters; valid during the call */
	size_t len;
};

struct json_error {
	size_t at;
	/* The text is JSON so far; the value, or the key, that begins at `at` is refused. */
	bool in_value;
	bool in_key;
	char message[200];
};

/* Not 0: stop, json_parse() returns it. */
typedef int json_handler(void *context, const struct json_event *ev);

/*
 * Returns 0, what the handler returned, or with *err filled -EINVAL, -E2BIG (a limit) or -ENOMEM.
 * *err is left untouched when it was the handler that stopped.
 */
int json_parse(const char *text, size_t len, json_handler *handler, void *context,
	       struct json_error *err);

/* "an object": what the event is, for messages. */
const char *json_type_name(enum json_type type);

/* Line and column, both from 1, of a place in the text. */
void json_place(const char *text, size_t len, size_t at, int *ret_line, int *ret_column);

#endif
