/* SPDX-License-Identifier: Apache-2.0 */
/* Pids that are collected one by one, and taken sorted, each once. */
#ifndef RL_BASE_PIDSET_H
#define RL_BASE_PIDSET_H

#include <stddef.h>
#include <sys/types.h>

/* Zero: empty. */
struct pidset {
	pid_t *v; /* owned; in the order in which they came, repeated as they were */
	size_t n, cap;
};

/* 0 or -ENOMEM. */
int pidset_add(struct pidset *s, pid_t pid);

/* *ret is freed by the caller, and NULL if there are none. The set is empty then. */
void pidset_take(struct pidset *s, pid_t **ret, size_t *ret_n);

void pidset_done(struct pidset *s);

#endif
