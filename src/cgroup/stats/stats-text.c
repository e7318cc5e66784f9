/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the texts of cgroup files; see stats-text.h. */
#include "cgroup/stats/stats-text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits. *end is what stands behind them. */
static bool digits(const char *text, uint64_t *ret, const char **end)
{
	char *behind;

	if (!is_digit(text[0]))
		return false;
	errno = 0;
	*ret = strtoull(text, &behind, 10);
	*end = behind;
	return errno == 0;
}

static bool is_end(const char *text)
{
	return !text[0] || (text[0] == '\n' && !text[1]);
}

bool stats_text_number(const char *text, uint64_t *ret)
{
	const char *end;
	uint64_t n;

	if (!strncmp(text, "max", 3) && is_end(text + 3)) {
		*ret = STATS_TEXT_MAX;
		return true;
	}
	if (!digits(text, &n, &end) || !is_end(end))
		return false;
	*ret = n;
	return true;
}

bool stats_text_signed(const char *text, int64_t *ret)
{
	bool negative = text[0] == '-';
	const char *end;
	uint64_t n;

	if (!digits(text + negative, &n, &end) || !is_end(end) || n > INT64_MAX)
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

bool stats_text_value(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);
	const char *end;
	uint64_t n;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) != 0 || line[len] != ' ')
			continue;
		if (!digits(line + len + 1, &n, &end) || (*end && *end != '\n'))
			return false;
		*ret = n;
		return true;
	}
	return false;
}

char *stats_text_line(char **text)
{
	char *line = *text ? strsep(text, "\n") : NULL;

	/* Behind the last newline there is no line. */
	return line && !*line && !*text ? NULL : line;
}

char *stats_text_word(char **line)
{
	char *word;

	do {
		word = *line ? strsep(line, " ") : NULL;
	} while (word && !*word);
	return word;
}

bool stats_text_pair(char **text, const char **ret_key, uint64_t *ret_value)
{
	char *line;

	while ((line = stats_text_line(text))) {
		const char *key = stats_text_word(&line);

		if (key && line && stats_text_number(line, ret_value)) {
			*ret_key = key;
			return true;
		}
	}
	return false;
}

bool stats_text_device(char **line, uint64_t *ret_major, uint64_t *ret_minor)
{
	const char *word = stats_text_word(line), *end;

	return word && digits(word, ret_major, &end) && *end == ':' &&
	       digits(end + 1, ret_minor, &end) && !*end;
}

bool stats_text_assigned(const char *word, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	return !strncmp(word, key, len) && word[len] == '=' &&
	       stats_text_number(word + len + 1, ret);
}

bool stats_text_range(const char **list, uint32_t *ret_first, uint32_t *ret_last)
{
	uint64_t first, last;
	const char *end;

	if (!digits(*list, &first, &end))
		return false;
	last = first;
	if (*end == '-' && !digits(end + 1, &last, &end))
		return false;
	if (first > last || last >= STATS_TEXT_LIST_MAX || (*end && !strchr(",\n", *end)))
		return false;
	*list = *end == ',' ? end + 1 : end;
	*ret_first = (uint32_t)first;
	*ret_last = (uint32_t)last;
	return true;
}

/* " avg10=0.75" at *at, which moves on behind it. The kernel writes two decimals. */
static bool average(const char **at, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);
	uint64_t whole, part;
	const char *dot, *end;

	if (strncmp(*at, key, len) != 0 || !digits(*at + len, &whole, &dot) || *dot != '.' ||
	    !digits(dot + 1, &part, &end) || end - dot != 3 || whole > UINT32_MAX)
		return false;
	*at = end;
	*ret = whole * 100 + part;
	return true;
}

bool stats_text_pressure(const char *text, const char *kind, struct stats_pressure *ret)
{
	static const char total[] = " total=";
	size_t len = strlen(kind);
	struct stats_pressure p;
	const char *at = text, *end;

	while (strncmp(at, kind, len) != 0 || at[len] != ' ') {
		at = strchr(at, '\n');
		if (!at)
			return false;
		at++;
	}
	at += len;
	if (!average(&at, " avg10=", &p.avg10) || !average(&at, " avg60=", &p.avg60) ||
	    !average(&at, " avg300=", &p.avg300) || strncmp(at, total, strlen(total)) != 0 ||
	    !digits(at + strlen(total), &p.total, &end) || (*end && *end != '\n'))
		return false;
	*ret = p;
	return true;
}
