/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of huge pages, see limits.def. Pure. */
#include "cgroup/limits/limits-plan.h"

#include <inttypes.h>
#include <stdio.h>

/* Both what is used and what is reserved is limited; kernels before 5.7 have no reservations. */
int hugetlb_pages(const struct oci_resources *res, struct cgroup_build *b)
{
	const struct cgroupfs_hierarchy *h;
	int r = 0;

	for (size_t i = 0; i < res->n_hugepage_limits && r == 0; i++) {
		const struct oci_hugepage_limit *l = res->hugepage_limits[i];
		char where[LIMITS_WHERE_MAX], file[300], value[24];

		snprintf(where, sizeof(where), "linux.resources.hugepageLimits[%zu]", i);
		snprintf(value, sizeof(value), "%" PRIu64, l->limit);
		r = limits_find(b, "hugetlb", where, &h);
		if (r < 0)
			return r;
		/* The schema lets nothing but a number and a unit through. */
		snprintf(file, sizeof(file), "hugetlb.%.200s.%s", l->page_size,
			 h->v2 ? "max" : "limit_in_bytes");
		r = cgroup_build_write(b, h, file, value, where, 0);
		snprintf(file, sizeof(file), "hugetlb.%.200s.rsvd.%s", l->page_size,
			 h->v2 ? "max" : "limit_in_bytes");
		if (r == 0)
			r = cgroup_build_write(b, h, file, value, where, CGROUP_WRITE_IF_THERE);
	}
	return r;
}
