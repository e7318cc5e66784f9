/* SPDX-License-Identifier: Apache-2.0 */
/* Collects pids; see pidset.h. */
#include "base/pidset.h"

#include "base/auto.h"

int pidset_add(struct pidset *s, pid_t pid)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		pid_t *v = realloc(s->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = pid;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

void pidset_take(struct pidset *s, pid_t **ret, size_t *ret_n)
{
	size_t n = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_number);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->v[n - 1] != s->v[i])
			s->v[n++] = s->v[i];
	*ret = s->v;
	*ret_n = n;
	*s = (struct pidset){ 0 };
}

void pidset_done(struct pidset *s)
{
	free(s->v);
	*s = (struct pidset){ 0 };
}
