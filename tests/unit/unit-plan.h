/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of containers with the systemd manager, from JSON, and their properties as text. */
#ifndef RL_TESTS_UNIT_PLAN_H
#define RL_TESTS_UNIT_PLAN_H

#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd/unit.h"
#include "libocispec/ocispec.h"
#include "tests/unit/tap.h"

#include <inttypes.h>

static struct cgroupfs v1, v2;

static const struct cgroup_systemd system_manager = { .bus = "unix:path=/bus" };
static const struct cgroup_systemd user_manager = {
	.user = true,
	.bus = "unix:path=/run/user/7/bus",
	.control_group = "/user.slice/user-7.slice/user@7.service",
};

static void init_facts(void)
{
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		       "32 1 0:2 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
		       "33 1 0:3 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
		       "34 1 0:4 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		       "35 1 0:5 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
		       "36 1 0:6 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
		       "7:blkio:/\n6:memory:/\n5:cpu:/\n4:devices:/\n3:pids:/\n1:name=systemd:/\n",
		       &v1);
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/\n", &v2);
	strcpy(v2.h[0].controllers, "cpuset,cpu,io,memory,pids");
}

struct planned {
	struct flat f;
	struct cgroup_plan p;
	struct rl_err e;
	int r;
	char line[1024]; /* the error */
	char text[2048]; /* "MemoryMax=t1 ...", without the defaults */
};

static const char *text_of(const struct systemd_property *p, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%s=%c", p->name, p->kind);

	if (p->kind == SYSTEMD_BYTES)
		for (uint64_t i = 0; i < p->number; i++)
			at += (size_t)snprintf(buf + at, size - at, "%02x", p->data[i] & 0xff);
	else if (p->size)
		for (size_t i = 0; i < p->size - 1; i++)
			at += (size_t)snprintf(buf + at, size - at, "%c",
					       p->data[i] ? p->data[i] : '|');
	else
		snprintf(buf + at, size - at, "%" PRId64, (int64_t)p->number);
	return buf;
}

/* Those that config.json asks for. */
static void print_properties(struct planned *t)
{
	size_t at = 0;
	char buf[1024];

	FLAT_EACH(t->f.data, t->p.unit.properties, const struct cgroup_property, p) {
		const struct systemd_property v = {
			.name = flat_get_str(t->f.data, p->name),
			.kind = (int)p->kind,
			.number = p->number,
			.data = flat_get(t->f.data, p->data.off),
			.size = p->data.len,
		};

		if (p->where)
			at += (size_t)snprintf(t->text + at, sizeof(t->text) - at, "%s%s",
					       at ? " " : "", text_of(&v, buf, sizeof(buf)));
	}
}

static struct planned *plan(const struct cgroupfs *fs, const struct cgroup_systemd *systemd,
			    const char *id, const char *members)
{
	struct cgroup_facts facts = {
		.id = id, .cgroupfs = fs, .manager = CGROUP_MANAGER_SYSTEMD, .systemd = systemd
	};
	static struct planned t;
	char text[8192];
	struct oci_doc doc;
	struct oci_error oe;

	flat_done(&t.f);
	t = (struct planned){ .e = RL_ERR_INIT };
	flat_init(&t.f, 64);
	snprintf(text, sizeof(text), "{\"ociVersion\":\"1.2.0\",%s}", members);
	if (oci_load(&oci_config_table, text, strlen(text), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return &t;
	}
	t.r = cgroup_plan(doc.root, &facts, &t.f, &t.p, &t.e);
	oci_done(&doc);
	if (t.r == 0)
		print_properties(&t);
	rl_err_line(&t.e, t.line, sizeof(t.line));
	return &t;
}

static const char *str(const struct planned *t, flat_str s)
{
	return flat_get_str(t->f.data, s);
}

#endif
