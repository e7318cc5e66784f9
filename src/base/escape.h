/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes text that came from outside (paths, ids, names in config.json) so that its reader is safe:
 * a terminal gets no control characters, a JSON reader gets valid UTF-8.
 */
#ifndef RL_BASE_ESCAPE_H
#define RL_BASE_ESCAPE_H

#include <stdbool.h>
#include <stdio.h>

/* A JSON string with its quotes. A byte that is no part of valid UTF-8 becomes U+FFFD. */
void escape_json(FILE *out, const char *s);

/* Plain text on one line: control characters and bytes that are no UTF-8 become \n, \x1b, ... */
void escape_text(FILE *out, const char *s);

/* Whether escape_text() would print s as it is. */
bool escape_is_plain(const char *s);

#endif
