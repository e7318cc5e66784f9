/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the name that is nearest to a misspelt one; see suggest.h. */
#include "cli/suggest.h"

#include <stddef.h>
#include <string.h>

#define LENGTH_MAX   32 /* longer words are no misspelt names of ours */
#define DISTANCE_MAX 2  /* edits */

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many letters must be put in, taken out or replaced to make b of a (Levenshtein). */
static unsigned int distance(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	unsigned int row[LENGTH_MAX + 1];

	if (len_a > LENGTH_MAX || len_b > LENGTH_MAX)
		return LENGTH_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= len_a; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= len_b; j++) {
			unsigned int above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[len_b];
}

void suggest_offer(struct suggest *s, const char *name)
{
	unsigned int d = distance(s->word, name);

	/* Of short names nearly all would be near: at least half of the letters must be right. */
	if (d > DISTANCE_MAX || d > strlen(name) / 2 || (s->best && d >= s->distance))
		return;
	s->best = name;
	s->distance = d;
}
