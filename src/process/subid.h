/* SPDX-License-Identifier: Apache-2.0 */
/* The ids that a user may give to user namespaces: /etc/subuid, /etc/subgid, see subuid(5). Pure.
 */
#ifndef RL_PROCESS_SUBID_H
#define RL_PROCESS_SUBID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUBID_MAX  64        /* ranges of one user that are taken; later ones are left out */
#define SUBID_FILE (1 << 20) /* bytes of a file that is read */

struct subid {
	size_t n;
	struct subid_range {
		uint32_t first;
		uint32_t count;
	} ranges[SUBID_MAX];
};

/*
 * Add the ranges of a user from the text of the file: lines `user:first:count`, where the user is
 * the name (NULL: it is not known) or the number. Lines that are malformed or another's are
 * skipped, and ranges that have `own` (the id of the caller, which is mapped by itself) or an id of
 * an earlier one.
 */
void subid_parse(const char *text, const char *name, uint32_t uid, uint32_t own, struct subid *ret);

/* The name of a user in the text of /etc/passwd, into buf; false: it has none, or a longer one. */
bool subid_user(const char *passwd, uint32_t uid, char *buf, size_t size);

#endif
