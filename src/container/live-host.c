/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: adds mounts to a container that exists, or removes them. The stub does it in there
 * (live-guest.c); here it is planned, and what it needs of the host is opened.
 */
#include "container/plan-build.h"
#include "container/run.h"

#include "base/auto.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/interrupt.h"
#include "os/nsfile.h"
#include "os/pidfd.h"
#include "spec/spec-later.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define LOCK_WAIT_MS 5000 /* for another command on the same container: a hook may be this one */

/* One command. */
struct live {
	struct run run;                  /* p, e, state_fd, and the stub when it runs */
	const struct record_doc *record; /* of the container */
	const struct oci_config *stored; /* its configuration as it was at create */
	int pidfd;                       /* its process */
	int mount_fd;                    /* the mount namespace of that */
	int user_fd;                     /* the user namespace which that belongs to */
	int pid_fd;                      /* the pid namespace, if it is not ours */
};

static void close_fd(int *fd)
{
	auto_close_(fd);
	*fd = -EBADF;
}

/* The words are those of kill: engines match them. */
static int not_running(struct rl_err *e)
{
	return rl_whole(e, -ESRCH, "container not running");
}

static int find_process(struct live *l)
{
	enum status s;
	int r = status_find(l->run.state_fd, l->record, true, &s, &l->pidfd, l->run.e);

	if (r < 0)
		return r;
	return s == STATUS_STOPPED ? not_running(l->run.e) : 0;
}

/* --- namespaces --- */

/* The user namespace of the configuration, or NULL. */
static const struct oci_namespace *configured_user(const struct oci_config *c)
{
	for (size_t i = 0; c->linux_ && i < c->linux_->n_namespaces; i++)
		if (!strcmp(c->linux_->namespaces[i]->type, "user"))
			return c->linux_->namespaces[i];
	return NULL;
}

/*
 * 1 or 0, or a negative errno. One that was made for the container is a child of ours; one that it
 * joined is at its path, or a child of ours too.
 */
static int is_its_own(const struct live *l)
{
	const struct oci_namespace *user = configured_user(l->stored);
	rl_autoclose int parent = -EBADF;

	if (!user && !l->record->record->userns_added)
		return nsfile_same(l->user_fd, "/proc/self/ns/user");
	if (user && user->path && *user->path && nsfile_same(l->user_fd, user->path) > 0)
		return 1;
	parent = nsfile_parent(l->user_fd);
	if (parent < 0)
		return parent == -EPERM ? 0 : parent;
	return nsfile_same(parent, "/proc/self/ns/user");
}

/*
 * The process may have entered a user namespace of its own making, in which it can do more than its
 * configuration lets it: change the options of what is mounted there.
 */
static int check_owner(const struct live *l)
{
	int r = is_its_own(l);

	if (r < 0)
		return rl_fail(l->run.e, r, "look at the user namespace of the container");
	if (r == 0)
		return rl_whole(
			l->run.e, -EPERM,
			"the container's process has left the namespaces that were made for "
			"it: nothing is mounted in those of its own");
	return 0;
}

static int open_namespace(const struct live *l, const char *kind)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)l->record->record->pid, kind);
	return nsfile_open(path);
}

static int open_namespaces(struct live *l)
{
	int same;

	l->mount_fd = open_namespace(l, "mnt");
	l->pid_fd = open_namespace(l, "pid");
	/* The paths led to our process, if that has not ended since. */
	if (pidfd_wait(l->pidfd, 0))
		return not_running(l->run.e);
	if (l->mount_fd < 0 || l->pid_fd < 0)
		return rl_fail(l->run.e, l->mount_fd < 0 ? l->mount_fd : l->pid_fd,
			       "open the namespaces of the container");
	l->user_fd = nsfile_owner(l->mount_fd);
	same = nsfile_same(l->pid_fd, "/proc/self/ns/pid");
	if (l->user_fd < 0 || same < 0)
		return rl_fail(l->run.e, same < 0 ? same : l->user_fd,
			       "look at the namespaces of the container");
	if (same)
		close_fd(&l->pid_fd);
	return check_owner(l);
}

/* --- the plan --- */

/*
 * Which of the namespaces that new file systems show are not ours: joining those of the host that a
 * container shares takes rights that its owner may not have.
 */
static int find_others(const struct live *l, uint32_t *ret_join)
{
	static const struct {
		const char *kind;
		const char *own;
		uint32_t flag;
	} kinds[] = {
		{ "net", "/proc/self/ns/net", CLONE_NEWNET },
		{ "ipc", "/proc/self/ns/ipc", CLONE_NEWIPC },
		{ "cgroup", "/proc/self/ns/cgroup", CLONE_NEWCGROUP },
	};

	for (size_t i = 0; i < RL_COUNT(kinds); i++) {
		rl_autoclose int fd = open_namespace(l, kinds[i].kind);
		int same = fd < 0 ? fd : nsfile_same(fd, kinds[i].own);

		if (same < 0)
			return same;
		if (!same)
			*ret_join |= kinds[i].flag;
	}
	return 0;
}

/*
 * New file systems show what the container's namespaces have. A procfs shows its processes: the pid
 * namespace is for that alone, see pid-enter-guest.c.
 */
static int plan_namespaces(struct live *l, struct plan *p)
{
	const struct namespace_join pid = { .flag = CLONE_NEWPID, .fd = l->pid_fd };
	struct namespaces_plan ns = { 0 };
	int r = namespaces_plan(l->stored, &l->run.flat, &ns, l->run.e);

	if (r < 0)
		return r;
	p->ns.root_uid = ns.root_uid;
	p->ns.root_gid = ns.root_gid;
	p->ns.joins = flat_add_list(&l->run.flat, &pid, l->pid_fd >= 0, sizeof(pid));
	p->live.join = CLONE_NEWNS;
	r = find_others(l, &p->live.join);
	/* Joining the one that one is in is no success. */
	if (r == 0)
		r = nsfile_same(l->user_fd, "/proc/self/ns/user");
	if (r == 0)
		p->live.join |= CLONE_NEWUSER;
	if (r >= 0)
		r = nsfile_number(l->mount_fd, &p->live.mount_number);
	if (r >= 0)
		r = nsfile_number(l->user_fd, &p->live.user_number);
	return r < 0 ? rl_fail(l->run.e, r, "look at the namespaces of the container") : 0;
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
		.live = { .what = what, .pidfd = l->pidfd },
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
		r = open_namespaces(l);
	if (r == 0)
		r = plan(l, list, what);
	if (r == 0)
		r = sources_open_mounts(l->run.p, &l->run.p->root, l->run.e);
	return r == 0 ? run_stub(&l->run) : r;
}

static void live_done(struct live *l)
{
	/* That of the pid namespace belongs to the plan, if there is one. */
	if (!l->run.p)
		close_fd(&l->pid_fd);
	close_fd(&l->pidfd);
	close_fd(&l->mount_fd);
	close_fd(&l->user_fd);
	run_done(&l->run);
}

/* The planners speak of config.json; the user gave the list that is called mounts there. */
static void retell(const struct oci_doc *mounts, struct rl_err *e)
{
	if (strncmp(e->where, "mounts", strlen("mounts")) != 0)
		return;
	e->flags |= RL_ERR_MOUNTS;
	if (!e->line)
		oci_where(mounts, e->where, &e->line, &e->column);
}

static int change(const char *root, const char *id, const struct oci_doc *mounts,
		  enum live_what what, struct rl_err *e)
{
	rl_auto(oci_done) struct oci_doc stored = { 0 };
	struct live l = {
		.run = RUN_INIT,
		.pidfd = -EBADF,
		.mount_fd = -EBADF,
		.user_fd = -EBADF,
		.pid_fd = -EBADF,
	};
	struct record_doc d;
	int r;

	l.run.e = e;
	l.run.state_fd = state_dir_lock_within(root, id, LOCK_WAIT_MS, e);
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
