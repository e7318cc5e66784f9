/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the planners of limits: linux.resources as text, and the writes as text. */
#ifndef RL_TESTS_LIMITS_PLAN_H
#define RL_TESTS_LIMITS_PLAN_H

#include "base/auto.h"
#include "cgroup/build.h"
#include "cgroup/limits/cgroup-now.h"
#include "libocispec/ocispec.h"
#include "tests/unit/tap.h"

#include <errno.h>

#define KEY "config.json: linux.resources."

/* Hosts: all controllers in v1; all in v2; and a hybrid that has memory and blkio in v1. */
static struct cgroupfs v1, v2, hybrid;

static void init_facts(void)
{
	cgroupfs_parse("31 1 0:1 / /c/memory rw - cgroup cgroup rw,memory\n"
		       "32 1 0:2 / /c/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		       "33 1 0:3 / /c/cpuset rw - cgroup cgroup rw,cpuset\n"
		       "34 1 0:4 / /c/pids rw - cgroup cgroup rw,pids\n"
		       "35 1 0:5 / /c/blkio rw - cgroup cgroup rw,blkio\n"
		       "36 1 0:6 / /c/hugetlb rw - cgroup cgroup rw,hugetlb\n"
		       "37 1 0:7 / /c/net_cls,net_prio rw - cgroup cgroup rw,net_cls,net_prio\n"
		       "38 1 0:8 / /c/rdma rw - cgroup cgroup rw,rdma\n",
		       "8:memory:/\n7:cpu,cpuacct:/\n6:cpuset:/\n5:pids:/\n4:blkio:/\n"
		       "3:hugetlb:/\n2:net_cls,net_prio:/\n1:rdma:/\n",
		       &v1);
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/\n", &v2);
	strcpy(v2.h[0].controllers, "cpuset,cpu,io,memory,hugetlb,pids,rdma,misc");
	cgroupfs_parse("31 1 0:1 / /c/memory rw - cgroup cgroup rw,memory\n"
		       "32 1 0:2 / /c/blkio rw - cgroup cgroup rw,blkio\n"
		       "33 1 0:3 / /c/unified rw - cgroup2 cgroup2 rw\n",
		       "2:memory:/\n1:blkio:/\n0::/\n", &hybrid);
	strcpy(hybrid.h[2].controllers, "pids,hugetlb,misc");
}

struct limited {
	int r;
	struct rl_err e;
	char enable[256];
	char text[16384]; /* "memory.max=1 memory.high=2?", or the error */
};

/* Behind a value: ? IF_THERE, | OR_NEXT, < NOT_BELOW_USAGE, ! READ_BACK. */
static void print_flags(FILE *out, uint32_t flags)
{
	static const char letters[] = "?|<!";

	for (unsigned int i = 0; letters[i]; i++)
		if (flags & (1u << i))
			fputc(letters[i], out);
}

static void print_limits(struct limited *t, const struct cgroup_build *b)
{
	FILE *out = fmemopen(t->text, sizeof(t->text), "w");

	for (size_t i = 0; out && i < b->n_writes; i++) {
		fprintf(out, "%s%s=%s", i ? " " : "", flat_get_str(b->f->data, b->writes[i].file),
			flat_get_str(b->f->data, b->writes[i].value));
		print_flags(out, b->writes[i].flags);
	}
	if (out)
		fclose(out);
}

/* Plan this content of linux.resources; `now` may be NULL. */
static struct limited *plan_limits(const struct cgroupfs *fs, const struct cgroup_now *now,
				   const char *resources)
{
	static struct limited t;
	rl_autofree struct cgroup_write *writes = NULL;
	rl_autofree char *json = NULL;
	struct flat f;
	struct cgroup_build b = { .fs = fs, .now = now, .f = &f, .e = &t.e };
	struct oci_doc doc;
	struct oci_error oe;

	t = (struct limited){ .e = RL_ERR_INIT };
	if (asprintf(&json, "{\"ociVersion\":\"1.2.0\",\"linux\":{\"resources\":{%s}}}",
		     resources) < 0)
		return &t;
	t.r = oci_load(&oci_config_table, json, strlen(json), &doc, &oe);
	if (t.r < 0) {
		snprintf(t.text, sizeof(t.text), "%s: %s", oe.key, oe.message);
		return &t;
	}
	flat_init(&f, 64);
	t.r = limits_plan(((struct oci_config *)doc.root)->linux_->resources, &b);
	writes = b.writes;
	memcpy(t.enable, b.enable, sizeof(t.enable));
	if (t.r == 0)
		print_limits(&t, &b);
	else
		rl_err_line(&t.e, t.text, sizeof(t.text));
	oci_done(&doc);
	flat_done(&f);
	return &t;
}

/* A content of linux.resources, and what is written for it, or the error. */
static inline void limit_on(const struct cgroupfs *fs, const char *resources, const char *want)
{
	is_str(plan_limits(fs, NULL, resources)->text, want, "%s: %.70s",
	       cgroupfs_mode_name(fs->mode), resources);
}

static inline void limit(const char *resources, const char *want_v1, const char *want_v2)
{
	limit_on(&v1, resources, want_v1);
	limit_on(&v2, resources, want_v2);
}

/* The same in both versions. */
static inline void limit_both(const char *resources, const char *want)
{
	limit(resources, want, want);
}

/* The same, of a cgroup that has limits. */
static inline void update(const struct cgroup_now *now, const char *resources, const char *want_v1,
			  const char *want_v2)
{
	is_str(plan_limits(&v1, now, resources)->text, want_v1, "v1, update: %.70s", resources);
	is_str(plan_limits(&v2, now, resources)->text, want_v2, "v2, update: %.70s", resources);
}

#endif
