/* SPDX-License-Identifier: Apache-2.0 */
/* Makes chosen calls fail in test builds; see fault.h. */
#include "base/fault.h"

#ifdef RL_FAULTS
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of the first "key:" in the list, ending at ',' or NUL; NULL if there is none. */
static const char *find(const char *list, const char *key)
{
	const char *p = list;
	size_t n = strlen(key);

	while (p && *p) {
		p += *p == ',';
		if (!strncmp(p, key, n) && p[n] == ':')
			return p + n + 1;
		p = strchr(p, ',');
	}
	return NULL;
}

static int is_word(const char *value, const char *word)
{
	return value && strcspn(value, ",") == strlen(word) && !strncmp(value, word, strlen(word));
}

/* Whether one of several "key:word" is this one. */
static int has(const char *key, const char *word)
{
	const char *value = find(getenv("RUNDLET_FAULT"), key);

	while (value && !is_word(value, word))
		value = find(strchr(value, ','), key);
	return value != NULL;
}

int fault_is_denied(const char *name)
{
	return has("deny", name);
}

int fault_is_weak(const char *name)
{
	return has("weak", name);
}

unsigned int fault_guest_weak(void)
{
	unsigned int bits = 0;

#define WEAK(name, what) bits |= fault_is_weak(#name) ? 1u << FAULT_WEAK_##name : 0u;
#include "base/weak.def"
#undef WEAK
	return bits;
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
	const char *n = find(getenv("RUNDLET_FAULT"), side);

	calls++;
	if (n && strtoul(n, NULL, 10) == calls) {
		fprintf(stderr, "fault: %s:%u is %s\n", side, calls, name);
		return -EIO;
	}
	return fault_is_denied(name) ? -ENOSYS : 0;
}

int fault_is_step(const char *name)
{
	return has("step", name);
}

unsigned int fault_guest(void)
{
	const char *n = find(getenv("RUNDLET_FAULT"), "guest");

	return n ? (unsigned int)strtoul(n, NULL, 10) : 0;
}

unsigned int fault_guest_denied(void)
{
	return (fault_is_denied("closerange") ? FAULT_DENY_CLOSERANGE : 0u) |
	       (fault_is_denied("lsm_attr") ? FAULT_DENY_LSM_ATTR : 0u) |
	       (fault_is_denied("handover") ? FAULT_DENY_HANDOVER : 0u);
}

const char *fault_resctrl(void)
{
	const char *dir = getenv("RUNDLET_TEST_RESCTRL");

	return dir && dir[0] ? dir : NULL;
}
#else
typedef int fault_unused; /* an empty file is not ISO C */
#endif
