/* SPDX-License-Identifier: Apache-2.0 */
/* What weakens a container that a configuration describes. Makes no system call. */
#ifndef RL_SPEC_WEAKNESS_H
#define RL_SPEC_WEAKNESS_H

#include "base/err.h"
#include "libocispec/ocispec.h"

enum weakness_level {
	WEAKNESS_NONE,
	WEAKNESS_LOW,
	WEAKNESS_MEDIUM,
	WEAKNESS_HIGH,
	WEAKNESS_CRITICAL,
};

#define WEAKNESS_MAX 512 /* of more, the least are not told */

struct weakness {
	enum weakness_level level;
	size_t order;             /* in which it was found */
	const char *rule;         /* "capability", "no-seccomp" */
	char where[RL_ERR_WHERE]; /* the member, or where it is missing */
	char what[RL_ERR_WHAT];
};

struct weakness_list {
	size_t n;
	struct weakness list[WEAKNESS_MAX];
};

/* Fill ret with all that the rows of weakness.def find, the worst first. Large: not on the stack.
 */
void weakness_find(const struct oci_config *c, struct weakness_list *ret);

/* "low", "critical". */
const char *weakness_level_name(enum weakness_level level);

#endif
