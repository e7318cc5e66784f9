/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a file schemata: "L3:0=ff;1=3" is a resource, and for each of its domains what the
 * group gets. Pure. Inside src/cgroup only.
 */
#ifndef RL_CGROUP_RDT_SCHEMA_H
#define RL_CGROUP_RDT_SCHEMA_H

#include "base/span.h"

#include <stdint.h>

#define RDT_SCHEMA_MAX 16384      /* bytes of what is to be written; the kernel takes a page */
#define RDT_SCHEMA_NOW (1u << 18) /* bytes of what is in force */

/*
 * l3CacheSchema and memBwSchema as one text to write, each line with its newline. If both are
 * given, lines of l3 for memory bandwidth are left out. Either may be NULL. *ret is allocated; it
 * is NULL if there is nothing to write. Returns 0 or -ENOMEM.
 */
int rdt_schema_join(const char *l3, const char *mem_bw, char **ret);

/*
 * Whether all that `want` says is in force in a group whose file says `now`. Domains that `want`
 * does not name do not matter, as a write would not change them; of what it names twice the last
 * counts. Numbers are compared, not texts. Bandwidth is rounded up to a multiple of mem_bw_step (0:
 * not known), as the kernel does. False: *ret_first is the first piece of `want` that is not.
 */
bool rdt_schema_holds(const char *want, const char *now, uint32_t mem_bw_step,
		      struct span *ret_first);

#endif
