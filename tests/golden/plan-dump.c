/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the plan of a configuration for a host whose facts are given as files, so that plans can
 * be compared with stored text anywhere and without privilege:
 *
 *     plan-dump text|json FACTS-DIR CONFIG [id [systemd]]
 *
 * FACTS-DIR has `mountinfo` and `cgroup` as /proc/self shows them on that host, and `controllers`:
 * those of its version 2 hierarchy, separated by commas; and `lsm`: which of the words selinux,
 * apparmor, confined (the caller is, by AppArmor) and landlock are true of it. With `subuid` and
 * `subgid`, as in /etc, the caller is the user 1000 without any rights. With the word systemd that
 * is the cgroup manager, of a host where systemd has the root of the cgroups.
 */
#include "base/auto.h"
#include "container/bundle.h"
#include "container/plan-build.h"
#include "os/fdio.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static void controllers_read(int fd, struct cgroupfs *c)
{
	char text[256];

	if (fdio_read_at(fd, "controllers", text, sizeof(text)) < 0)
		return;
	text[strcspn(text, "\n")] = 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->h[i].v2)
			memcpy(c->h[i].controllers, text, sizeof(text));
}

static void caller_read(int fd, struct facts *f)
{
	rl_autofree char *uids = NULL, *gids = NULL;
	size_t len;

	if (fdio_read_all(fd, "subuid", SUBID_FILE, &uids, &len) < 0 ||
	    fdio_read_all(fd, "subgid", SUBID_FILE, &gids, &len) < 0)
		return;
	f->unprivileged = f->needs_no_cgroup = true;
	f->open_in = CLONE_NEWUSER | CLONE_NEWNS;
	f->ids = (struct idmap_facts){
		.unprivileged = true,
		.needed = true,
		.uid = 1000,
		.gid = 1001,
		.newuidmap = "/usr/bin/newuidmap",
		.newgidmap = "/usr/bin/newgidmap",
	};
	subid_parse(uids, "user", f->ids.uid, f->ids.uid, &f->ids.uids);
	subid_parse(gids, "user", f->ids.uid, f->ids.gid, &f->ids.gids);
}

static void lsm_read(int fd, struct security_facts *f)
{
	char text[64];

	if (fdio_read_at(fd, "lsm", text, sizeof(text)) < 0)
		return;
	f->selinux = strstr(text, "selinux");
	f->apparmor = strstr(text, "apparmor");
	f->confined = strstr(text, "confined");
	f->landlock_abi = strstr(text, "landlock") ? 4 : 0;
}

static int facts_read(const char *dir, struct facts *ret)
{
	rl_autofree char *mountinfo = NULL, *cgroup = NULL;
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	size_t len;
	int r = fd < 0 ? fd : fdio_read_all(fd, "mountinfo", 1 << 20, &mountinfo, &len);

	if (r == 0)
		r = fdio_read_all(fd, "cgroup", 1 << 20, &cgroup, &len);
	if (r == 0)
		r = cgroupfs_parse(mountinfo, cgroup, &ret->cgroupfs);
	if (r == 0)
		resctrl_parse(mountinfo, &ret->resctrl);
	controllers_read(fd, &ret->cgroupfs);
	caller_read(fd, ret);
	lsm_read(fd, &ret->security);
	snprintf(ret->systemd.bus, sizeof(ret->systemd.bus), "unix:path=/bus");
	ret->security.last_cap = 40;
	ret->security.bounding = (UINT64_C(1) << 41) - 1;
	return r;
}

static int report(const struct rl_err *e)
{
	char line[1024];

	printf("refused: %s\n", rl_err_line(e, line, sizeof(line)));
	if (e->line)
		printf("at line %d, column %d\n", e->line, e->column);
	return 1;
}

int main(int argc, char **argv)
{
	struct container_options o = { .id = argc > 4 ? argv[4] : "golden",
				       .root = "/run/rundlet" };
	struct rl_err e = RL_ERR_INIT;
	struct facts facts = { 0 };
	struct flat flat = { 0 };
	struct bundle b;
	int r;

	if (argc > 5 && !strcmp(argv[5], "systemd"))
		o.cgroups = CONTAINER_CGROUPS_SYSTEMD;
	if (argc < 4 || facts_read(argv[2], &facts) < 0) {
		fprintf(stderr, "usage: plan-dump text|json FACTS-DIR CONFIG [id]\n");
		return 2;
	}
	r = bundle_load(&b, "/", argv[3], &e);
	if (r == 0)
		r = plan_build(b.config, "/bundle", &o, &facts, &flat, &e);
	if (r == 0)
		plan_report((const struct plan *)flat.data, stdout,
			    strcmp(argv[1], "json") ? REPORT_TEXT : REPORT_JSON);
	else
		bundle_locate(&b, &e);
	flat_done(&flat);
	bundle_done(&b);
	return r == 0 ? 0 : report(&e);
}
