/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner, with configurations that the schema makes: the bytes choose which members are there
 * and what they say. A plan is made or refused with a reason, and made again it is the same.
 */
#include "tests/fuzz/fuzz.h"

#include "container/plan-build.h"
#include "spec/spec-later.h"
#include "spec/spec-load.h"
#include "tests/fuzz/spec-maker.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOUNT_V2 "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define MOUNT_V1                                                              \
	"31 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"   \
	"32 23 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n" \
	"33 23 0:30 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"       \
	"34 23 0:31 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n" \
	"35 23 0:32 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"     \
	"36 23 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
#define OWN_V1 "6:memory:/\n5:cpu,cpuacct:/\n4:pids:/\n3:devices:/\n2:blkio:/\n1:name=systemd:/\n"

/* The host: which version of cgroups, which security modules, and who calls. */
static void make_facts(uint8_t which, struct facts *f)
{
	const bool v2 = which & 1;

	*f = (struct facts){ 0 };
	fuzz_require(cgroupfs_parse(v2 ? MOUNT_V2 : MOUNT_V1, v2 ? "0::/\n" : OWN_V1,
				    &f->cgroupfs) == 0,
		     "the host has cgroups");
	if (v2)
		snprintf(f->cgroupfs.h[0].controllers, sizeof(f->cgroupfs.h[0].controllers),
			 "cpuset,cpu,io,memory,hugetlb,pids,rdma,misc");
	resctrl_parse("32 23 0:29 / /sys/fs/resctrl rw - resctrl resctrl rw\n", &f->resctrl);
	f->security.selinux = which & 2;
	f->security.apparmor = which & 4;
	f->security.landlock_abi = which & 8 ? 4 : 0;
	f->security.last_cap = 40;
	f->security.bounding = (UINT64_C(1) << 41) - 1;
	snprintf(f->systemd.bus, sizeof(f->systemd.bus), "unix:path=/bus");
	if (which & 16) {
		f->unprivileged = f->needs_no_cgroup = true;
		f->open_in = CLONE_NEWUSER | CLONE_NEWNS;
		f->ids = (struct idmap_facts){ .unprivileged = true,
					       .needed = true,
					       .uid = 1000,
					       .gid = 1001,
					       .newuidmap = "/usr/bin/newuidmap",
					       .newgidmap = "/usr/bin/newgidmap",
					       .uids = { 1, { { 100000, 65536 } } },
					       .gids = { 1, { { 100000, 65536 } } } };
	}
}

static char *report(const struct flat *f)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fuzz_require(out, "there is memory");
	plan_report((const struct plan *)f->data, out, REPORT_JSON);
	plan_report((const struct plan *)f->data, out, REPORT_TEXT);
	fclose(out);
	return text;
}

/* The plan as text, or NULL and the error. */
static char *plan(const struct oci_config *c, uint8_t which, struct flat *f, struct rl_err *e)
{
	struct container_options o = { .id = "fuzz", .root = "/run/rundlet" };
	static struct facts facts;
	int r;

	make_facts(which, &facts);
	o.cgroups = which & 32 ? CONTAINER_CGROUPS_SYSTEMD : CONTAINER_CGROUPS_CGROUPFS;
	r = plan_build(c, "/bundle", &o, &facts, f, e);
	fuzz_result(r, e);
	return r < 0 ? NULL : report(f);
}

static void plan_twice(const struct oci_config *c, uint8_t which)
{
	struct rl_err e[2] = { RL_ERR_INIT, RL_ERR_INIT };
	struct flat f[2] = { { 0 }, { 0 } };
	char *text[2] = { NULL, NULL };

	for (int i = 0; i < 2; i++)
		text[i] = plan(c, which, &f[i], &e[i]);
	fuzz_require(!text[0] == !text[1] && !memcmp(&e[0], &e[1], sizeof(e[0])),
		     "it is refused twice, for the same reason");
	if (text[0]) {
		fuzz_require(!strcmp(text[0], text[1]), "its report is the same twice");
		fuzz_require(f[0].len == f[1].len && !memcmp(f[0].data, f[1].data, f[0].len),
			     "the plan is the same twice");
	}
	for (int i = 0; i < 2; i++) {
		flat_done(&f[i]);
		free(text[i]);
	}
}

void fuzz_plan(const uint8_t *data, size_t size)
{
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc = { 0 };
	char *text;
	int r;

	if (size < 2)
		return;
	text = spec_maker_text(data + 1, size - 1);
	r = spec_load(text, strlen(text), "config.json", &doc, &e);
	if (r < 0 && getenv("RUNDLET_FUZZ_SHOW")) {
		char line[1024];

		fprintf(stderr, "%s\n%s\n", text, rl_err_line(&e, line, sizeof(line)));
	}
	fuzz_result(r, &e);
	if (r == 0)
		plan_twice(doc.root, data[0]);
	oci_done(&doc);
	free(text);
}
