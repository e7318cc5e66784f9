/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the group of resctrl that linux.intelRdt asks for; see rdt.h. Pure. */
#include "base/auto.h"
#include "cgroup/rdt/rdt-schema.h"
#include "cgroup/rdt/rdt.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <stdio.h>

#define KEY "linux.intelRdt"

#define NAME_LIMIT 255 /* NAME_MAX */

struct build {
	const struct oci_intel_rdt *rdt;
	const char *name; /* of the group; NULL: the root group */
	const struct rdt_facts *facts;
	struct flat *f;
	struct rdt_plan *p;
	struct rl_err *e;
};

bool rdt_is_name(const char *name)
{
	static const char *const own[] = { "", ".", "..", "info", "mon_data", "mon_groups" };

	for (size_t i = 0; i < RL_COUNT(own); i++)
		if (!strcmp(name, own[i]))
			return false;
	return strlen(name) <= NAME_LIMIT && !strpbrk(name, "/\n");
}

static bool has_clos_id(const struct build *b)
{
	return b->rdt->clos_id && b->rdt->clos_id[0];
}

static int plan_group(struct build *b)
{
	const char *name = has_clos_id(b) ? b->rdt->clos_id : b->facts->id;
	const char *mount = b->facts->resctrl->mount;
	const char *where = has_clos_id(b) ? KEY ".closID" : KEY;

	b->p->mount = flat_add_str(b->f, mount);
	b->p->where = flat_add_str(b->f, where);
	if (!strcmp(name, "/")) {
		b->p->dir = b->p->mount;
		return 0;
	}
	b->name = name;
	if (!rdt_is_name(name)) {
		rl_refuse(b->e, where, "\"%.100s\" cannot be the name of a group of resctrl", name);
		rl_hint(b->e, "a group is one directory in the root of resctrl, other than info, "
			      "mon_data and mon_groups; \"/\" is the root group");
		return -EINVAL;
	}
	b->p->group = flat_add_str(b->f, name);
	b->p->dir = flat_add_fmt(b->f, "%s/%s", mount, name);
	return 0;
}

static int check_length(const struct build *b, const char *where, size_t len)
{
	if (len < RDT_SCHEMA_MAX)
		return 0;
	return rl_refuse(b->e, where, "longer than the limit of %d bytes", RDT_SCHEMA_MAX);
}

/* l3CacheSchema and memBwSchema: one write. */
static int plan_schemas(struct build *b, struct rdt_write *ret)
{
	const char *l3 = b->rdt->l3_cache_schema, *mem_bw = b->rdt->mem_bw_schema;
	const char *where = l3 && l3[0] ? KEY ".l3CacheSchema" : KEY ".memBwSchema";
	rl_autofree char *text = NULL;
	int r = rdt_schema_join(l3, mem_bw, &text);

	if (r < 0)
		return rl_fail_at(b->e, r, where, "plan the schemata");
	if (!text)
		return 0;
	r = check_length(b, where, strlen(text));
	if (r < 0)
		return r;
	*ret = (struct rdt_write){ flat_add_str(b->f, text), flat_add_str(b->f, where) };
	return 1;
}

/* The member schemata: another write, as the kernel takes a resource once in a write. */
static int plan_schemata(struct build *b, struct rdt_write *ret)
{
	rl_autofree char *text = NULL;
	size_t len = 0, at = 0;
	int r;

	for (size_t i = 0; i < b->rdt->n_schemata; i++)
		len += strlen(b->rdt->schemata[i]) + 1;
	if (!len)
		return 0;
	r = check_length(b, KEY ".schemata", len);
	if (r < 0)
		return r;
	text = malloc(len + 1);
	if (!text)
		return rl_fail_at(b->e, -ENOMEM, KEY ".schemata", "plan the schemata");
	for (size_t i = 0; i < b->rdt->n_schemata; i++)
		at += (size_t)snprintf(text + at, len + 1 - at, "%s\n", b->rdt->schemata[i]);
	*ret = (struct rdt_write){ flat_add_str(b->f, text), flat_add_str(b->f, KEY ".schemata") };
	return 1;
}

static int plan_writes(struct build *b)
{
	struct rdt_write writes[2];
	int n = plan_schemas(b, writes), r;

	if (n < 0)
		return n;
	r = plan_schemata(b, writes + n);
	if (r < 0)
		return r;
	n += r;
	b->p->writes = flat_add_list(b->f, writes, (size_t)n, sizeof(writes[0]));
	b->p->must_exist = b->p->group && has_clos_id(b) && !n;
	return 0;
}

static int plan_monitor(struct build *b)
{
	if (!b->rdt->enable_monitoring)
		return 0;
	if (!rdt_is_name(b->facts->id))
		return rl_refuse(b->e, KEY ".enableMonitoring",
				 "the id \"%s\" cannot be the name of a monitoring group",
				 b->facts->id);
	b->p->monitor = flat_add_str(b->f, b->facts->id);
	b->p->monitor_dir = flat_add_fmt(b->f, "%s%s%s/mon_groups/%s", b->facts->resctrl->mount,
					 b->name ? "/" : "", b->name ? b->name : "", b->facts->id);
	return 0;
}

static int plan_all(struct build *b)
{
	int r;

	if (!b->facts->resctrl->mount[0]) {
		rl_refuse(b->e, KEY, "the file system resctrl is not mounted");
		rl_hint(b->e, "mount -t resctrl resctrl /sys/fs/resctrl: it needs a CPU with Intel "
			      "RDT or AMD QoS, and a kernel built with CONFIG_X86_CPU_RESCTRL");
		return -EINVAL;
	}
	r = plan_group(b);
	if (r == 0)
		r = plan_writes(b);
	return r < 0 ? r : plan_monitor(b);
}

int rdt_plan(const struct oci_config *c, const struct rdt_facts *facts, struct flat *f,
	     struct rdt_plan *ret, struct rl_err *e)
{
	struct rdt_plan p = { .made = -1, .monitor_made = -1, .tasks_fd = -1, .monitor_fd = -1 };
	struct build b = { .facts = facts, .f = f, .p = &p, .e = e };
	int r = 0;

	b.rdt = c->linux_ ? c->linux_->intel_rdt : NULL;
	if (b.rdt)
		r = plan_all(&b);
	if (r == 0)
		r = flat_failed(f) ? rl_fail(e, flat_failed(f), "plan the group of resctrl") : 0;
	if (r == 0)
		*ret = p;
	return r;
}
