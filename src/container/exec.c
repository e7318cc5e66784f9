/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: another process in a container that exists, by the rows of steps.def that are for it. No
 * lock is taken but that of births: a process of a paused container does not come to its program
 * before resume, which takes the other.
 */
#include "container/container.h"

#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "container/console.h"
#include "container/enter.h"
#include "container/exec-process.h"
#include "container/foreground.h"
#include "container/listener.h"
#include "container/plan-build.h"
#include "container/rootless.h"
#include "container/run.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/fdio.h"
#include "os/fdsend.h"
#include "os/pidfd.h"
#include "spec/spec-check.h"
#include "spec/spec-later.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGS_AT     7   /* flags of the process in /proc/PID/stat, counted from its name */
#define FLAG_EXITING 0x4 /* PF_EXITING of the kernel */

/* One command. */
struct exec {
	const struct container_exec *x;
	struct container_options o; /* of the run */
	struct run run;
	struct record_doc record;
	struct oci_doc stored; /* the configuration as it was at create */
	struct enter enter;
	struct exec_process process;
	struct rl_err *e;
};

/* The words about a stopped one are those of runc: engines match them. */
static int find_process(struct exec *x)
{
	static const char *const why[] = {
		[STATUS_CREATING] = "cannot exec in a container that is still being created",
		[STATUS_STOPPED] = "cannot exec in a stopped container",
		[STATUS_PAUSED] = "cannot exec in a paused container",
	};
	enum status s;
	int r = status_find(x->run.state_fd, &x->record, false, &s, &x->enter.pidfd, x->e);

	if (r < 0)
		return r;
	if (s == STATUS_CREATED || s == STATUS_RUNNING ||
	    (s == STATUS_PAUSED && x->x->ignore_paused))
		return 0;
	if (s == STATUS_PAUSED)
		rl_hint(x->e, "resume it, or give --ignore-paused: the program runs after resume");
	return rl_whole(x->e, s == STATUS_STOPPED ? -ESRCH : -EBUSY, "%s", why[s]);
}

static int find_container(struct exec *x)
{
	int r;

	x->run.state_fd = state_dir_open(x->o.root, x->o.id, x->e);
	r = record_need(x->run.state_fd, x->o.id, &x->record, x->e);
	if (r == 0)
		r = find_process(x);
	if (r == 0)
		r = bundle_load_stored(x->run.state_fd, &x->stored, x->e);
	if (r < 0)
		return r;
	x->run.first = (pid_t)x->record.record->pid;
	x->run.first_fd = x->enter.pidfd;
	x->run.joined = &x->record.cgroups;
	return enter_open(&x->enter, x->record.record, x->stored.root, x->e);
}

/* --- the plan --- */

/* What it asks for; c gets it in the place of the container's own process. */
static int make_process(struct exec *x, struct oci_config *c)
{
	const struct oci_config *given = x->x->process ? x->x->process->root : c;
	struct oci_config alone = { 0 };
	int r;

	if (!given->process)
		return rl_refuse(x->e, "process", "is missing");
	r = exec_process_make(x->x, given->process, c->process, &x->process, x->e);
	alone.process = c->process = &x->process.process;
	if (r == 0)
		r = spec_later(&alone, x->e);
	if (r == 0)
		r = spec_check(c, x->e);
	return r;
}

static int plan_process(struct exec *x, const struct oci_config *c, const struct facts *facts,
			struct plan *p)
{
	struct process_facts pf = {
		.joins = true,
		.preserve_fds = x->o.preserve_fds,
		.default_signals = facts->default_signals,
	};
	struct namespaces_plan ns = { 0 };
	struct flat *f = &x->run.flat;
	int r = namespaces_plan(c, f, &ns, x->e);

	if (r == 0)
		r = idmap_writers_plan(c, &facts->ids, f, &ns, x->e);
	p->ns.root_uid = ns.root_uid;
	p->ns.root_gid = ns.root_gid;
	p->ns.without_rights = ns.without_rights;
	p->ns.keep_groups = pf.keep_groups = ns.keep_groups;
	pf.deny_groups = ns.deny_groups;
	p->root.in_userns = facts->unprivileged || x->enter.join & CLONE_NEWUSER;
	if (r == 0)
		r = security_plan(c, c->process, &facts->security, f, &p->security, x->e);
	if (r == 0)
		r = listener_plan(c, x->record.record->bundle, x->o.id, x->run.first, f, p, x->e);
	if (r == 0)
		r = process_plan(c, c->process, &pf, f, &p->process, x->e);
	if (r == 0)
		r = plan_check_children(p, x->e);
	/* /dev/console is that of the container's own process. */
	return r < 0 ? r : console_plan(c->process, false, &p->console, x->e);
}

static int plan_parts(struct exec *x, struct plan *p)
{
	rl_auto(rootless_done) struct rootless own = { 0 };
	struct facts facts;
	const bool asks = cgroup_join_asks(&x->record.cgroups, x->x->n_cgroups);
	int r = facts_probe(x->stored.root, &x->o, asks, &facts, x->e);

	if (r == 0)
		r = rootless_plan(x->stored.root, &facts.ids, &own);
	if (r == 0)
		r = make_process(x, &own.config);
	if (r == 0)
		facts_probe_labels(own.config.process, false, &facts.security);
	if (r == 0)
		r = plan_process(x, &own.config, &facts, p);
	if (r == 0)
		r = cgroup_join_plan(&x->record.cgroups, asks ? &facts.cgroupfs : NULL,
				     x->x->cgroups, x->x->n_cgroups, &x->run.flat, &p->cgroup,
				     x->e);
	if (r < 0)
		return rl_fail(x->e, r, "plan the process");
	rdt_join_plan(&x->record.rdt, &x->run.flat, &p->rdt);
	return enter_plan(&x->enter, ~(uint32_t)0, &p->live, x->e);
}

static int plan(struct exec *x)
{
	struct plan p = {
		.magic = PLAN_MAGIC,
		.sock_fd = -EBADF,
		.start_fd = -EBADF,
		.fault_step = -1,
		.new_keyring = 1,
		.console = { .sock_fd = -EBADF },
		.listener = { .sock_fd = -EBADF },
		.root = { .root_fd = -EBADF, .null_fd = -EBADF },
		.live = { .what = LIVE_EXEC },
	};
	struct flat *f = &x->run.flat;
	int r;

	flat_init(f, sizeof(p));
	r = plan_parts(x, &p);
	if (r < 0)
		return r;
	if (flat_failed(f))
		return rl_fail(x->e, flat_failed(f), "plan the process");
	p.size = (uint32_t)f->len;
	memcpy(f->data, &p, sizeof(p));
	x->run.p = (struct plan *)f->data;
	return 0;
}

/* --- doing it --- */

static int connect_receiver(struct exec *x)
{
	const char *path = x->x->pidfd_socket;

	if (!path)
		return 0;
	x->run.pidfd_sock = fdsend_connect(path);
	return x->run.pidfd_sock < 0 ?
		       rl_fail(x->e, x->run.pidfd_sock, "connect to --pidfd-socket \"%s\"", path) :
		       0;
}

/* The process that the planners speak of is not the one of config.json. */
static void retell(const struct exec *x)
{
	struct rl_err *e = x->e;

	if (strncmp(e->where, "process", strlen("process")) != 0)
		return;
	e->flags |= RL_ERR_PART;
	if (!e->line && x->x->process)
		oci_where(x->x->process, e->where, &e->line, &e->column);
}

/*
 * Whether its first process is ending: it stays until all of its pid namespace are reaped, by
 * whoever started them, but lets nobody in any more.
 */
static bool is_ending(const struct exec *x)
{
	char path[40], text[1024] = "", *at;
	unsigned long flags = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)x->run.first);
	fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	/* Behind the name, which may have anything in it: state and five numbers. */
	at = strrchr(text, ')');
	for (int i = 0; at && i < FLAGS_AT; i++)
		at = strchr(at + 1, ' ');
	if (at)
		flags = strtoul(at, NULL, 10);
	/* Asked last: it may have ended since, and there was nothing to read. */
	return flags & FLAG_EXITING || pidfd_wait(x->enter.pidfd, 0);
}

/* A container that ends makes all kinds of errors: one says why. */
static int tell_end(struct exec *x, int r)
{
	if (x->enter.pidfd < 0 || !is_ending(x))
		return r;
	*x->e = (struct rl_err)RL_ERR_INIT;
	return enter_not_running(x->e);
}

/* A failure after run_exec(), which has taken back its own: the terminal cannot be relayed. */
static int stay(struct run *run, int *ret_status)
{
	rl_auto(foreground_end) struct foreground f = FOREGROUND_INIT;
	int r = foreground_run(&f, run, run_exec, ret_status);

	if (r < 0 && run->pidfd >= 0) {
		host_pid_file_remove(run);
		host_clone_undo(run);
	}
	return r;
}

static int exec(struct exec *x, bool detach, int *ret_status)
{
	struct run *run = &x->run;
	int r = caller_check_fds(0, x->o.preserve_fds, x->e);

	if (r == 0)
		r = find_container(x);
	if (r == 0)
		r = plan(x);
	if (r == 0)
		r = console_check(run->p, x->o.console_socket, detach, x->e);
	if (r == 0)
		r = connect_receiver(x);
	if (r < 0)
		return r;
	if (!detach)
		return stay(run, ret_status);
	r = run_exec(run);
	if (r == 0)
		trace_write(run->times, x->o.trace);
	return r;
}

static void exec_done(struct exec *x)
{
	enter_done(&x->enter);
	run_done(&x->run);
	exec_process_done(&x->process);
	oci_done(&x->stored);
	record_done(&x->record);
}

int container_exec(const struct container_exec *given, bool detach, int *ret_status,
		   struct rl_err *e)
{
	struct exec x = {
		.x = given,
		.o = { .root = given->root,
		       .id = given->id,
		       .pid_file = given->pid_file,
		       .console_socket = given->console_socket,
		       .preserve_fds = given->preserve_fds,
		       .trace = given->trace },
		.run = RUN_INIT,
		.enter = ENTER_INIT,
		.e = e,
	};
	int r;

	x.run.o = &x.o;
	x.run.e = e;
	r = exec(&x, detach, ret_status);
	if (r < 0) {
		r = tell_end(&x, r);
		retell(&x);
	}
	exec_done(&x);
	return r;
}
