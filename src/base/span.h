/* SPDX-License-Identifier: Apache-2.0 */
/* A piece of a longer text, for parsers that copy nothing. */
#ifndef RL_BASE_SPAN_H
#define RL_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at; /* borrowed; not ended by NUL */
	size_t len;
};

static inline struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

/* Cut the text up to the next `stop` (or the end) off *text, and the `stop` too. */
static inline struct span span_cut(struct span *text, char stop)
{
	const char *end = memchr(text->at, stop, text->len);
	struct span s = { text->at, end ? (size_t)(end - text->at) : text->len };
	size_t used = s.len + (end ? 1 : 0);

	text->at += used;
	text->len -= used;
	return s;
}

static inline bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && !memcmp(s.at, word, s.len);
}

/* Cut the next word, up to a blank or the end of a line, off *text. False: there is none left. */
static inline bool span_word(const char **text, struct span *ret)
{
	*text += strspn(*text, " \n");
	*ret = (struct span){ *text, strcspn(*text, " \n") };
	*text += ret->len;
	return ret->len > 0;
}

/* Whether a list of words has this one. */
static inline bool span_in_list(struct span word, const char *list)
{
	struct span s;

	while (span_word(&list, &s))
		if (s.len == word.len && !memcmp(s.at, word.at, s.len))
			return true;
	return false;
}

/* Without the blanks at both ends. */
static inline struct span span_trim(struct span s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

#endif
