/* SPDX-License-Identifier: Apache-2.0 */
/* The process takes its execution domain; see personality(2). Freestanding. */
#include "process/process.h"

#include "os/guestkey.h"

#define PERSONALITY_KEY "linux.personality.domain"

int personality_set(struct guest *g, const struct process_plan *p)
{
	long r = SYS_1(__NR_personality, p->personality);

	if (r < 0)
		guestkey_fail(g, r, PERSONALITY_KEY, "take the execution domain",
			      flat_get_str(g->base, p->domain));
	if (r == -EINVAL)
		guestkey_hint(g, "this machine runs no 32-bit programs");
	return r < 0 ? (int)r : 0;
}
