/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the resctrl part of the plan. */
#include "cgroup/rdt/rdt.h"

void rdt_report(struct report *r, const void *base, const struct rdt_plan *p)
{
	report_object(r, "resctrl");
	report_str(r, "group", flat_get_str(base, p->dir));
	report_str(r, "from", flat_get_str(base, p->where));
	if (p->must_exist)
		report_bool(r, "must_exist", true);
	report_str(r, "monitoring_group", flat_get_str(base, p->monitor_dir));
	if (p->writes.n)
		report_list(r, "writes");
	FLAT_EACH(base, p->writes, const struct rdt_write, w) {
		report_object(r, NULL);
		report_fmt(r, "file", "%s/schemata", flat_get_str(base, p->dir));
		report_str(r, "value", flat_get_str(base, w->text));
		report_str(r, "from", flat_get_str(base, w->where));
		report_close(r);
	}
	if (p->writes.n)
		report_close(r);
	report_close(r);
}
