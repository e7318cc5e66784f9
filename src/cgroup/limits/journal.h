/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stood in the files of a cgroup before they were written to, so that an update that fails
 * changes nothing. Inside src/cgroup only.
 */
#ifndef RL_CGROUP_JOURNAL_H
#define RL_CGROUP_JOURNAL_H

#include <stddef.h>

struct journal {
	struct journal_entry {
		char *path;
		char *text; /* written to it, it makes the file as it was */
	} * entries;
	size_t n, cap;
};

/*
 * Remember what the file has, before `value` is written to it. A file that is only for writing has
 * nothing to be remembered. Returns 0 or a negative errno.
 */
int journal_keep(struct journal *j, const char *path, const char *value);

/* Forget all but the first n entries: what was to be written after them was not. */
void journal_cut(struct journal *j, size_t n);

/* Write everything back, the newest first. What cannot be is a warning. */
void journal_restore(struct journal *j);

void journal_done(struct journal *j);

#endif
