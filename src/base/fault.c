/* SPDX-License-Identifier: Apache-2.0 */
/* Makes chosen calls fail in test builds; see fault.h. */
#include "base/fault.h"

#ifdef RL_FAULTS
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of "key:" in RUNDLET_FAULT, ending at ',' or NUL; NULL if there is none. */
static const char *find(const char *key)
{
	const char *p = getenv("RUNDLET_FAULT");
	size_t n = strlen(key);

	while (p && *p) {
		if (!strncmp(p, key, n) && p[n] == ':')
			return p + n + 1;
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
	return NULL;
}

static int is_word(const char *value, const char *word)
{
	return value && strcspn(value, ",") == strlen(word) && !strncmp(value, word, strlen(word));
}

int fault_is_denied(const char *name)
{
	return is_word(find("deny"), name);
}

static const char *side = "host";
static unsigned int calls;

void fault_in_helper(void)
{
	side = "helper";
	calls = 0;
}

int fault_hit(const char *name)
{
	const char *n = find(side);

	calls++;
	if (n && strtoul(n, NULL, 10) == calls) {
		fprintf(stderr, "fault: %s:%u is %s\n", side, calls, name);
		return -EIO;
	}
	return fault_is_denied(name) ? -ENOSYS : 0;
}

int fault_is_step(const char *name)
{
	return is_word(find("step"), name);
}

unsigned int fault_guest(void)
{
	const char *n = find("guest");

	return n ? (unsigned int)strtoul(n, NULL, 10) : 0;
}

unsigned int fault_guest_denied(void)
{
	return (fault_is_denied("closerange") ? FAULT_DENY_CLOSERANGE : 0u) |
	       (fault_is_denied("lsm_attr") ? FAULT_DENY_LSM_ATTR : 0u);
}

const char *fault_resctrl(void)
{
	const char *dir = getenv("RUNDLET_TEST_RESCTRL");

	return dir && dir[0] ? dir : NULL;
}
#else
typedef int fault_unused; /* an empty file is not ISO C */
#endif
