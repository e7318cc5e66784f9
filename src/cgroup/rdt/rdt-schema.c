/* SPDX-License-Identifier: Apache-2.0 */
/* Joins and compares the lines of a file schemata; see rdt-schema.h. */
#include "cgroup/rdt/rdt-schema.h"

#include <errno.h>
#include <stdlib.h>

/* One share: "1=3" of "L3:0=ff;1=3". */
struct share {
	struct span whole;
	struct span resource;
	struct span domain;
	struct span value;
};

/* Walks the shares of a text. */
struct walk {
	struct span text; /* the lines to come */
	struct span line; /* what is left of the line */
	struct span resource;
};

static bool next_share(struct walk *w, struct share *ret)
{
	while (w->line.len || w->text.len) {
		struct span piece;

		if (!w->line.len) {
			w->line = span_cut(&w->text, '\n');
			w->resource = span_trim(span_cut(&w->line, ':'));
			/* A line without a colon or a value is nothing that could be in force. */
			if (w->line.len || !w->resource.len)
				continue;
			*ret = (struct share){ .whole = w->resource };
			return true;
		}
		piece = span_trim(span_cut(&w->line, ';'));
		if (!piece.len)
			continue;
		*ret = (struct share){ .whole = piece, .resource = w->resource, .value = piece };
		ret->domain = span_trim(span_cut(&ret->value, '='));
		ret->value = span_trim(ret->value);
		return true;
	}
	return false;
}

/* Digits in this base; the kernel takes 0x before hexadecimal ones. */
static bool read_number(struct span s, unsigned int base, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t n = 0;

	if (base == 16 && s.len > 2 && s.at[0] == '0' && (s.at[1] | 0x20) == 'x') {
		s.at += 2;
		s.len -= 2;
	}
	if (!s.len || s.len > 16)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i] >= 'A' && s.at[i] <= 'F' ? (char)(s.at[i] | 0x20) : s.at[i];
		const char *digit = c ? memchr(digits, c, base) : NULL;

		if (!digit)
			return false;
		n = n * base + (uint64_t)(digit - digits);
	}
	*ret = n;
	return true;
}

static bool same_text(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

static bool same_domain(const struct share *a, const struct share *b)
{
	uint64_t m, n;

	if (!same_text(a->resource, b->resource))
		return false;
	if (!read_number(a->domain, 10, &m) || !read_number(b->domain, 10, &n))
		return same_text(a->domain, b->domain);
	return m == n;
}

static bool same_value(const struct share *want, const struct share *now, uint32_t step)
{
	bool bandwidth = span_is(want->resource, "MB") || span_is(want->resource, "SMBA");
	unsigned int base = bandwidth ? 10 : 16;
	uint64_t m, n;

	if (!read_number(want->value, base, &m) || !read_number(now->value, base, &n))
		return same_text(want->value, now->value);
	return m == n || (bandwidth && step && (m + step - 1) / step * step == n);
}

/* The last share of the text for the domain of `like`. */
static bool find_last(const char *text, const struct share *like, struct share *ret)
{
	struct walk w = { .text = span_of(text) };
	struct share s;
	bool found = false;

	while (next_share(&w, &s)) {
		if (!same_domain(&s, like))
			continue;
		*ret = s;
		found = true;
	}
	return found;
}

bool rdt_schema_holds(const char *want, const char *now, uint32_t mem_bw_step,
		      struct span *ret_first)
{
	struct walk w = { .text = span_of(want) };
	struct share s, last, is;

	while (next_share(&w, &s)) {
		if (find_last(want, &s, &last) && find_last(now, &s, &is) &&
		    same_value(&last, &is, mem_bw_step))
			continue;
		*ret_first = s.whole;
		return false;
	}
	return true;
}

static bool is_mem_bw(struct span line)
{
	return line.len >= 3 && !memcmp(line.at, "MB:", 3);
}

/* Append the lines that are not empty. */
static void add_lines(char *text, size_t *len, const char *lines, bool without_mem_bw)
{
	struct span rest = span_of(lines ? lines : "");

	while (rest.len) {
		struct span line = span_trim(span_cut(&rest, '\n'));

		if (!line.len || (without_mem_bw && is_mem_bw(line)))
			continue;
		memcpy(text + *len, line.at, line.len);
		*len += line.len;
		text[(*len)++] = '\n';
	}
}

int rdt_schema_join(const char *l3, const char *mem_bw, char **ret)
{
	size_t len = 0;
	/* Each may miss its last newline. */
	char *text = malloc((l3 ? strlen(l3) : 0) + (mem_bw ? strlen(mem_bw) : 0) + 3);

	if (!text)
		return -ENOMEM;
	add_lines(text, &len, l3, mem_bw && mem_bw[0]);
	add_lines(text, &len, mem_bw, false);
	text[len] = 0;
	if (!len) {
		free(text);
		text = NULL;
	}
	*ret = text;
	return 0;
}
