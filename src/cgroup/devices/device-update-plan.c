/* SPDX-License-Identifier: Apache-2.0 */
/* Plans new device rules for a container that exists; see device-update.h. Pure. */
#include "base/auto.h"
#include "cgroup/devices/device-update.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <string.h>

static int make_list(const struct oci_config *c, const struct oci_resources *resources,
		     struct device_list *ret, struct rl_err *e)
{
	rl_auto(device_rules_done) struct device_rules rules = { 0 };
	int r = device_rules_make(c, resources, &rules, e);

	return r < 0 ? r : device_list_make(&rules, &ret->allow_all, &ret->exceptions, e);
}

static int make_filter(const struct oci_config *c, const struct oci_resources *resources,
		       struct device_update *u, struct rl_err *e)
{
	rl_auto(device_rules_done) struct device_rules rules = { 0 };
	int r = device_rules_make(c, resources, &rules, e);

	if (r < 0)
		return r;
	r = device_filter_make(&rules, &u->insns, &u->n_insns);
	return r < 0 ? rl_fail(e, r, "compile the device rules") : 0;
}

int device_update_plan(const struct oci_config *stored, const struct oci_resources *resources,
		       const char *cgroup, bool v2, struct device_update *ret, struct rl_err *e)
{
	int r;

	ret->v2 = v2;
	ret->cgroup = strdup(cgroup);
	if (!ret->cgroup)
		return rl_fail(e, -ENOMEM, "plan the device rules");
	if (v2)
		return make_filter(stored, resources, ret, e);
	r = make_list(stored, resources, &ret->want, e);
	return r < 0 ? r :
		       make_list(stored, stored->linux_ ? stored->linux_->resources : NULL,
				 &ret->had, e);
}
