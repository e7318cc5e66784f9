/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value costs an instruction and its return, which others share, where a condition of its own
 * would compare both halves; see filter-values.h.
 */
#include "security/filter-values.h"

#include <stdlib.h>

#define ONE_BY_ONE 8 /* so many are compared in a row; more are halved before */

static int compare(const void *left, const void *right)
{
	const struct filter_value *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Of equal values the first stays; returns how many are left. */
static size_t sort(struct filter_value *v, size_t n, bool wide)
{
	size_t kept = 1;

	for (size_t i = 0; i < n && !wide; i++)
		v[i].value = (uint32_t)v[i].value;
	qsort(v, n, sizeof(*v), compare);
	for (size_t i = 1; i < n; i++)
		if (v[i].value != v[kept - 1].value)
			v[kept++] = v[i];
	return kept;
}

/* The low half is loaded. NOLINTNEXTLINE(misc-no-recursion): as deep as the logarithm of n */
static filter_label search(struct filter_bpf *b, const struct filter_value *v, size_t n,
			   filter_label no)
{
	size_t middle = n / 2;
	filter_label low, high;

	no = filter_bpf_near(b, no);
	if (n > ONE_BY_ONE) {
		high = search(b, v + middle, n - middle, no);
		low = search(b, v, middle, no);
		return filter_bpf_jump(b, BPF_JGE, (uint32_t)v[middle].value, high, low);
	}
	for (size_t i = n; i-- > 0;)
		no = filter_bpf_jump(b, BPF_JEQ, (uint32_t)v[i].value,
				     filter_bpf_return(b, v[i].action), no);
	return no;
}

/* Those from `end` down that have the high half of the last one; returns the first of them. */
static size_t same_high(const struct filter_value *v, size_t end)
{
	size_t first = end - 1;

	while (first > 0 && v[first - 1].value >> 32 == v[end - 1].value >> 32)
		first--;
	return first;
}

filter_label filter_values_compile(struct filter_bpf *b, unsigned int arg, bool wide,
				   struct filter_value *v, size_t n, filter_label no)
{
	filter_label next = no, found;

	n = sort(v, n, wide);
	for (size_t first, end = n; end > 0; end = first) {
		first = wide ? same_high(v, end) : 0;
		found = search(b, v + first, end - first, no);
		found = filter_bpf_load_arg(b, arg, true, found);
		next = wide ? filter_bpf_jump(b, BPF_JEQ, (uint32_t)(v[first].value >> 32), found,
					      next) :
			      found;
	}
	return wide ? filter_bpf_load_arg(b, arg, false, next) : next;
}
