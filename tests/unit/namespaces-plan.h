/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of process/namespaces-*: a plan from the text of linux.namespaces and what belongs to
 * it. */
#ifndef RL_TESTS_NAMESPACES_PLAN_H
#define RL_TESTS_NAMESPACES_PLAN_H

#include "guest-child.h"
#include "process/process.h"

#define CONFIG           "{\"ociVersion\":\"1.3.0\",%s\"linux\":{\"namespaces\":[%s]%s}}"
#define NEW(type)        "{\"type\":\"" type "\"}"
#define JOIN(type, path) "{\"type\":\"" type "\",\"path\":\"" path "\"}"
#define MAP(a, b, c)     "{\"containerID\":" #a ",\"hostID\":" #b ",\"size\":" #c "}"
#define MAPS(uid, gid)   ",\"uidMappings\":[" uid "],\"gidMappings\":[" gid "]"

struct planned {
	struct flat flat;
	struct namespaces_plan plan;
	struct rl_err err;
	int r;
};

static struct planned plan(const char *names, const char *namespaces, const char *more)
{
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c = config_load(&doc, CONFIG, names, namespaces, more);

	flat_init(&p.flat, 8);
	p.r = namespaces_plan(c, &p.flat, &p.plan, &p.err);
	oci_done(&doc);
	return p;
}

__attribute__((unused)) static const char *str(const struct planned *p, flat_str s)
{
	return flat_get_str(p->flat.data, s);
}

#endif
