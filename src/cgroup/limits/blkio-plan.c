/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shares and limits of block I/O, see limits.def: the blkio controller of cgroup v1, io of v2.
 * Pure.
 *
 * Weights belong to an I/O scheduler, and so do their files: BFQ's are blkio.bfq.weight and
 * io.bfq.weight; blkio.weight was CFQ's, io.weight is that of the iocost controller, with a range
 * of its own.
 */
#include "base/auto.h"
#include "cgroup/limits/limits-plan.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY "linux.resources.blockIO."

#define WEIGHT_MIN 10 /* blkio-controller.rst; docker and podman have the same bounds */
#define WEIGHT_MAX 1000

static const struct oci_block_io *io_of(const struct oci_resources *res)
{
	static const struct oci_block_io none;

	return res->block_io ? res->block_io : &none;
}

/* From the OCI's 10 to 1000 to the 1 to 10000 of io.weight, both ends exactly. */
static uint32_t wide(uint32_t weight)
{
	return 1 + (weight - WEIGHT_MIN) * 9999 / (WEIGHT_MAX - WEIGHT_MIN);
}

static int check_weight(uint32_t weight, const char *where, struct rl_err *e)
{
	if (weight >= WEIGHT_MIN && weight <= WEIGHT_MAX)
		return 0;
	return rl_refuse(e, where, "%" PRIu32 " is not in the range %d to %d", weight, WEIGHT_MIN,
			 WEIGHT_MAX);
}

static int weight_text(const struct limit_source *s, bool has, uint32_t weight, bool widen,
		       char *buf)
{
	int r = has && weight ? check_weight(weight, s->where, s->e) : 0;

	if (r < 0 || !has || !weight)
		return r;
	snprintf(buf, LIMITS_VALUE_MAX, "%" PRIu32, widen ? wide(weight) : weight);
	return 1;
}

int blkio_weight(struct limit_source *s, char *buf)
{
	const struct oci_block_io *io = io_of(s->res);

	return weight_text(s, io->has_weight, io->weight, false, buf);
}

int blkio_weight_wide(struct limit_source *s, char *buf)
{
	const struct oci_block_io *io = io_of(s->res);

	return weight_text(s, io->has_weight, io->weight, s->v2, buf);
}

int blkio_leaf_weight(struct limit_source *s, char *buf)
{
	const struct oci_block_io *io = io_of(s->res);

	return weight_text(s, io->has_leaf_weight, io->leaf_weight, false, buf);
}

/* --- devices --- */

struct device {
	int64_t major, minor;
	const char *where;
};

/* Write "MAJ:MIN <word><number>"; `word` may be "". */
static int write_number(struct cgroup_build *b, const struct cgroupfs_hierarchy *h,
			const struct device *d, const char *file, const char *word, uint64_t number,
			uint32_t flags)
{
	char value[96];

	snprintf(value, sizeof(value), "%" PRId64 ":%" PRId64 " %s%" PRIu64, d->major, d->minor,
		 word, number);
	return cgroup_build_write(b, h, file, value, d->where, flags);
}

static int device_weight(struct cgroup_build *b, const struct cgroupfs_hierarchy *h,
			 const struct device *d, uint32_t weight)
{
	int r = check_weight(weight, d->where, b->e);

	if (r == 0)
		r = write_number(b, h, d, h->v2 ? "io.bfq.weight" : "blkio.bfq.weight_device", "",
				 weight, CGROUP_WRITE_OR_NEXT);
	if (r < 0)
		return r;
	return write_number(b, h, d, h->v2 ? "io.weight" : "blkio.weight_device", "",
			    h->v2 ? wide(weight) : weight, 0);
}

static int device_leaf_weight(struct cgroup_build *b, const struct cgroupfs_hierarchy *h,
			      const struct device *d, uint32_t weight)
{
	int r = check_weight(weight, d->where, b->e);

	if (r < 0)
		return r;
	if (h->v2)
		return limits_refuse_v2(b->e, "blkio", d->where);
	return write_number(b, h, d, "blkio.leaf_weight_device", "", weight, 0);
}

int blkio_weights(const struct oci_resources *res, struct cgroup_build *b)
{
	const struct oci_block_io *io = io_of(res);
	const struct cgroupfs_hierarchy *h;
	int r = 0;

	for (size_t i = 0; i < io->n_weight_device && r == 0; i++) {
		const struct oci_weight_device *w = io->weight_device[i];
		char where[LIMITS_WHERE_MAX];
		struct device d = { w->major, w->minor, where };

		snprintf(where, sizeof(where), KEY "weightDevice[%zu]", i);
		/* M118 */
		if (!w->has_weight && !w->has_leaf_weight)
			return rl_refuse(b->e, where, "has neither weight nor leafWeight");
		r = limits_find(b, "blkio", where, &h);
		if (r == 0 && w->weight)
			r = device_weight(b, h, &d, w->weight);
		if (r == 0 && w->leaf_weight)
			r = device_leaf_weight(b, h, &d, w->leaf_weight);
	}
	return r;
}

/* The four lists of rates. A rate of 0 is no limit: in v1 the kernel's own way to say so. */
static const struct throttle {
	const char *member;
	const char *v1;
	const char *v2; /* word of io.max */
	size_t list, n; /* where in oci_block_io */
} throttles[] = {
#define THROTTLE(member, v1, v2, list)                                                     \
	{                                                                                  \
		KEY member, "blkio.throttle." v1, v2, offsetof(struct oci_block_io, list), \
			offsetof(struct oci_block_io, n_##list)                            \
	}
	THROTTLE("throttleReadBpsDevice", "read_bps_device", "rbps=", throttle_read_bps_device),
	THROTTLE("throttleWriteBpsDevice", "write_bps_device", "wbps=", throttle_write_bps_device),
	THROTTLE("throttleReadIOPSDevice", "read_iops_device", "riops=", throttle_read_iops_device),
	THROTTLE("throttleWriteIOPSDevice", "write_iops_device",
		 "wiops=", throttle_write_iops_device),
#undef THROTTLE
};

static int plan_throttle(const struct throttle *t, const struct oci_throttle_device *rate,
			 const char *where, struct cgroup_build *b)
{
	const struct device d = { rate->major, rate->minor, where };
	const struct cgroupfs_hierarchy *h;
	char value[96];
	int r = limits_find(b, "blkio", where, &h);

	if (r < 0)
		return r;
	if (!h->v2)
		return write_number(b, h, &d, t->v1, "", rate->rate, 0);
	if (rate->rate)
		return write_number(b, h, &d, "io.max", t->v2, rate->rate, 0);
	snprintf(value, sizeof(value), "%" PRId64 ":%" PRId64 " %smax", d.major, d.minor, t->v2);
	return cgroup_build_write(b, h, "io.max", value, where, 0);
}

int blkio_throttles(const struct oci_resources *res, struct cgroup_build *b)
{
	const char *io = (const char *)io_of(res);
	int r = 0;

	for (size_t i = 0; i < RL_COUNT(throttles); i++) {
		const struct throttle *t = &throttles[i];
		struct oci_throttle_device *const *list =
			*(struct oci_throttle_device * *const *)(io + t->list);
		size_t n = *(const size_t *)(io + t->n);

		for (size_t k = 0; k < n && r == 0; k++) {
			char where[LIMITS_WHERE_MAX];

			snprintf(where, sizeof(where), "%s[%zu]", t->member, k);
			r = plan_throttle(t, list[k], where, b);
		}
	}
	return r;
}
