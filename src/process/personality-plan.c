/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the execution domain of a process: linux.personality. Pure. */
#include "process/process.h"

#include "libocispec/ocispec.h"

#include <string.h>
#include <sys/personality.h>

#define KEY "linux.personality"

int personality_plan(const struct oci_personality *o, struct flat *f, struct process_plan *p,
		     struct rl_err *e)
{
	if (!o || (!o->domain && !o->n_flags))
		return 0;
	if (o->n_flags)
		return rl_refuse(e, KEY ".flags",
				 "the specification has no flags, so there is no \"%.64s\"",
				 o->flags[0]);
	/* The parser lets no other word through. */
	p->personality = strcmp(o->domain, "LINUX32") == 0 ? PER_LINUX32 : PER_LINUX;
	p->domain = flat_add_str(f, o->domain);
	return 0;
}
