/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: adds mounts to a container that exists, or removes them. The stub does it in there
 * (live-guest.c); here it is planned, and what it needs of the host is opened.
 */
#include "container/enter.h"
#include "container/plan-build.h"
#include "container/run.h"

#include "base/auto.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/interrupt.h"
#include "os/pidfd.h"
#include "spec/spec-later.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* One command. */
struct live {
	struct run run;                  /* p, e, state_fd, and the stub when it runs */
	const struct record_doc *record; /* of the container */
	const struct oci_config *stored; /* its configuration as it was at create */
	struct enter enter;              /* its process, and the namespaces of that */
};

static int find_process(struct live *l)
{
	enum status s;
	int r = status_find(l->run.state_fd, l->record, true, &s, &l->enter.pidfd, l->run.e);

	if (r < 0)
		return r;
	return s == STATUS_STOPPED ? enter_not_running(l->run.e) : 0;
}

/* --- the plan --- */

/*
 * New file systems show what the container's namespaces have. A procfs shows its processes: the pid
 * namespace is for that alone, see pid-enter-guest.c.
 */
static int plan_namespaces(struct live *l, struct plan *p)
{
	static const uint32_t kinds =
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP;
	const struct namespace_join pid = { .flag = CLONE_NEWPID, .fd = l->enter.pid_fd };
	struct namespaces_plan ns = { 0 };
	int r = namespaces_plan(l->stored, &l->run.flat, &ns, l->run.e);

	if (r < 0)
		return r;
	p->ns.root_uid = ns.root_uid;
	p->ns.root_gid = ns.root_gid;
	p->ns.joins = flat_add_list(&l->run.flat, &pid, pid.fd >= 0, sizeof(pid));
	return enter_plan(&l->enter, kinds, &p->live, l->run.e);
}

static int plan_parts(struct live *l, const struct oci_config *list, struct plan *p)
{
	const struct rootfs_facts facts = {
		.bundle = l->record->record->bundle,
		.open_in = caller_open_in(),
	};
	struct oci_config c = *l->stored;
	int r = spec_later(list, l->run.e);

	c.mounts = list->mounts;
	c.n_mounts = list->n_mounts;
	if (r == 0)
		r = plan_namespaces(l, p);
	if (r < 0)
		return r;
	if (p->live.what == LIVE_ADD)
		return rootfs_plan_add(&c, &facts, &l->run.flat, &p->root, l->run.e);
	return rootfs_plan_remove(&c, &facts, &l->run.flat, &p->root, l->run.e);
}

static int plan(struct live *l, const struct oci_config *list, enum live_what what)
{
	struct plan p = {
		.magic = PLAN_MAGIC,
		.sock_fd = -EBADF,
		.start_fd = -EBADF,
		.fault_step = -1,
		.rdt = { .tasks_fd = -EBADF, .monitor_fd = -EBADF },
		.live = { .what = what },
	};
	struct flat *f = &l->run.flat;
	int r;

	flat_init(f, sizeof(p));
	r = plan_parts(l, list, &p);
	if (r == 0 && flat_failed(f))
		r = flat_failed(f);
	if (r < 0)
		return rl_fail(l->run.e, r, "plan the mounts");
	p.size = (uint32_t)f->len;
	memcpy(f->data, &p, sizeof(p));
	l->run.p = (struct plan *)f->data;
	return 0;
}

/* --- doing it --- */

static int run_stub(struct run *r)
{
	int status, ret = host_clone(r);

	if (ret < 0)
		return ret;
	ret = run_wait_stub(r, STEPS);
	pidfd_reap(r->pidfd, &status);
	return ret;
}

static int live_do(struct live *l, const struct oci_config *list, enum live_what what)
{
	rl_auto(interrupt_done) struct interrupt interrupt;
	int r;

	interrupt_hold(&interrupt);
	r = find_process(l);
	if (r == 0)
		r = enter_open(&l->enter, l->record->record, l->stored, l->run.e);
	if (r == 0)
		r = plan(l, list, what);
	if (r == 0)
		r = sources_open_mounts(l->run.p, &l->run.p->root, l->run.e);
	return r == 0 ? run_stub(&l->run) : r;
}

static void live_done(struct live *l)
{
	/* That of the pid namespace belongs to the plan, if there is one. */
	if (l->run.p)
		l->enter.pid_fd = -EBADF;
	enter_done(&l->enter);
	run_done(&l->run);
}

/* The planners speak of config.json; the user gave the list that is called mounts there. */
static void retell(const struct oci_doc *mounts, struct rl_err *e)
{
	if (strncmp(e->where, "mounts", strlen("mounts")) != 0)
		return;
	e->flags |= RL_ERR_PART;
	if (!e->line)
		oci_where(mounts, e->where, &e->line, &e->column);
}

static int change(const char *root, const char *id, const struct oci_doc *mounts,
		  enum live_what what, struct rl_err *e)
{
	rl_auto(oci_done) struct oci_doc stored = { 0 };
	struct live l = {
		.run = RUN_INIT,
		.enter = ENTER_INIT,
	};
	struct record_doc d;
	int r;

	l.run.e = e;
	l.run.state_fd = status_lock(root, id, e);
	r = record_need(l.run.state_fd, id, &d, e);
	if (r == 0)
		r = bundle_load_stored(l.run.state_fd, &stored, e);
	if (r == 0) {
		l.record = &d;
		l.stored = stored.root;
		r = live_do(&l, mounts->root, what);
	}
	live_done(&l);
	record_done(&d);
	if (r < 0)
		retell(mounts, e);
	return r;
}

int container_mounts_add(const char *root, const char *id, const struct oci_doc *mounts,
			 struct rl_err *e)
{
	return change(root, id, mounts, LIVE_ADD, e);
}

int container_mounts_remove(const char *root, const char *id, const struct oci_doc *mounts,
			    struct rl_err *e)
{
	return change(root, id, mounts, LIVE_REMOVE, e);
}
