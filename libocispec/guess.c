/* SPDX-License-Identifier: Apache-2.0 */
/* Guesses which member a misspelt name was meant to be. */
#include "libocispec/ocispec.h"

#include <string.h>

#define NAME_MAX_LEN 48 /* longer names are not guessed; no name in the schema is longer */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Edit distance (Levenshtein), capital and small letters alike. Both are at most NAME_MAX_LEN. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				       diagonal + (lower(a[i - 1]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *oci_member_guess(const struct oci_table *t, const char *name)
{
	size_t len = strlen(name), best = len / 3 + 1; /* at most a third may be wrong */
	const char *guess = NULL;

	if (len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		const struct oci_member *m = &t->members[i];
		size_t d;

		if (m->name_len > NAME_MAX_LEN)
			continue;
		d = distance(name, len, m->name, m->name_len);
		if (d < best) {
			best = d;
			guess = m->name;
		}
	}
	return guess;
}
