/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of the container side whose key in config.json is known when it is written, and needs no
 * place in the plan: guest_fail() and guest_whole() with a plain string for the key. Freestanding.
 */
#ifndef RL_OS_GUESTKEY_H
#define RL_OS_GUESTKEY_H

#include "os/guest.h"

/* As guest_fail(); key: "process.cwd", or NULL. */
static inline int guestkey_fail(const struct guest *g, long r, const char *key, const char *verb,
				const char *object)
{
	if (!g->err->code && key)
		sys_append(g->err->where, sizeof(g->err->where), key);
	return guest_fail(g, r, 0, verb, object);
}

/* As guest_whole(). */
static inline int guestkey_whole(const struct guest *g, long r, const char *key, const char *text)
{
	if (!g->err->code && key)
		sys_append(g->err->where, sizeof(g->err->where), key);
	return guest_whole(g, r, 0, text);
}

/* Set the hint of the error, if it has none yet. */
static inline void guestkey_hint(const struct guest *g, const char *hint)
{
	if (!g->err->hint[0])
		sys_append(g->err->hint, sizeof(g->err->hint), hint);
}

#endif
