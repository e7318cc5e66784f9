/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the properties of the scope unit of a container; see unit.h. Pure. */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int put_text(struct unit_list *l, const char *name, const char *text)
{
	return unit_list_put(l, &(struct systemd_property){
					.name = name,
					.kind = SYSTEMD_STRING,
					.data = text,
					.size = strlen(text) + 1,
				});
}

static int put_bool(struct unit_list *l, const char *name, bool value)
{
	return unit_list_put(l, &(struct systemd_property){
					.name = name, .kind = SYSTEMD_BOOL, .number = value });
}

static int put_defaults(struct unit_list *l, const struct cgroup_facts *facts, const char *slice)
{
	char text[320];
	int r;

	snprintf(text, sizeof(text), "rundlet container %s", facts->id);
	r = put_text(l, "Description", text);
	r = r < 0 ? r : put_text(l, "Slice", slice);
	/*
	 * With all controllers. In version 1 of cgroups systemd moves the processes of a unit out
	 * of the others' cgroups, up to the slice, when a unit beside it gets such a controller.
	 */
	r = r < 0 ? r : put_bool(l, "Delegate", true);
	/* Else systemd stops it at shutdown beside the engine, which is to stop it. */
	r = r < 0 ? r : put_bool(l, "DefaultDependencies", false);
	/* One that failed is not kept for people to look at: its name is needed again. */
	r = r < 0 ? r : put_text(l, "CollectMode", "inactive-or-failed");
	r = r < 0 ? r : put_bool(l, "CPUAccounting", true);
	r = r < 0 ? r : put_bool(l, "IOAccounting", true);
	r = r < 0 ? r : put_bool(l, "MemoryAccounting", true);
	return r < 0 ? r : put_bool(l, "TasksAccounting", true);
}

static int flatten(const struct unit_list *l, struct flat *f, struct flat_list *ret)
{
	rl_autofree struct cgroup_property *v = calloc(l->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		const struct systemd_property *p = &l->v[i];

		v[i] = (struct cgroup_property){
			.name = flat_add_str(f, p->name),
			.where = flat_add_str(f, p->where),
			.kind = (uint32_t)p->kind,
			.number = p->number,
			.data = { p->size ? flat_add(f, p->data, p->size) : 0, (uint32_t)p->size },
		};
	}
	*ret = flat_add_list(f, v, l->n, sizeof(*v));
	return 0;
}

int unit_properties_plan(const struct oci_config *c, const struct cgroup_facts *facts,
			 struct flat *f, struct cgroup_plan *p, struct rl_err *e)
{
	rl_auto(unit_list_done) struct unit_list l = { 0 };
	int r = flat_failed(f);

	if (r == 0)
		r = put_defaults(&l, facts, flat_get_str(f->data, p->unit.slice));
	if (r == 0)
		r = unit_limits_make(f->data, p, NULL, &l);
	/* A user's manager has no say in devices. */
	if (r == 0 && !facts->systemd->user)
		r = unit_devices_make(f->data, p, &l, e);
	if (r == 0)
		r = unit_annotations_make(c, &l, e);
	if (r == 0)
		r = flatten(&l, f, &p->unit.properties);
	return r < 0 ? rl_fail(e, r, "plan the properties of the unit") : 0;
}
