/* SPDX-License-Identifier: Apache-2.0 */
/* start, kill, pause, resume and ps: the operations on a container that exists. */
#include "container/container.h"

#include "base/auto.h"
#include "container/delete.h"
#include "container/hooks.h"
#include "container/notify.h"
#include "container/start.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/pidfd.h"
#include "os/pidns.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define FREEZE_MS 10000 /* for all its processes to freeze */
#define BIRTH_MS  1000  /* for processes of exec to be born */

/* Nobody has spoken to it, so that it is as it was. */
static int check_answers(int connection, const struct record *rec, struct rl_err *e)
{
	if (connection >= 0)
		return 0;
	rl_hint(e,
		"it does not take the questions of `state`, either: is it stopped? kill -CONT %d",
		(int)rec->pid);
	return rl_fail(e, connection, "reach the container's process");
}

/* The words are those of runc: engines match them. */
static int check_created(int state_fd, const struct record_doc *d, int *ret_start, struct rl_err *e)
{
	static const char *const state[] = {
		[STATUS_CREATING] = "that is still being created",
		[STATUS_RUNNING] = "that is already running",
		[STATUS_PAUSED] = "that is paused",
		[STATUS_STOPPED] = "that has stopped",
	};
	enum status s;
	int r = status_find_created(state_fd, d, &s, ret_start, e);

	if (r < 0)
		return r;
	if (s != STATUS_CREATED)
		return rl_whole(e, -EBUSY, "cannot start a container %s", state[s]);
	return 0;
}

/* Others may use the container meanwhile. */
static int wait_ready(struct notify *n, int state_fd, const struct record *rec, struct rl_err *e)
{
	rl_autoclose int pidfd = -EBADF;

	if (!notify_is_open(n))
		return 0;
	pidfd = record_pidfd(rec);
	state_dir_unlock(state_fd);
	/* One that has ended already may have left its messages. */
	if (pidfd < 0 && pidfd != -ESRCH)
		return rl_fail(e, pidfd, "find process %d of the container", (int)rec->pid);
	return notify_wait(n, pidfd, e);
}

static int start(const char *root, int state_fd, struct record_doc *d, const char *notify_socket,
		 struct rl_err *e)
{
	rl_auto(notify_done) struct notify notify = NOTIFY_INIT;
	rl_autoclose int connection = -EBADF;
	struct run run = RUN_INIT;
	int r = check_created(state_fd, d, &connection, e);

	if (r == 0)
		r = check_answers(connection, d->record, e);
	if (r == 0)
		r = notify_begin(&notify, state_fd, notify_socket, (pid_t)d->record->pid, e);
	if (r < 0)
		return r;
	run.e = e;
	run.state_fd = state_fd;
	run.sock = connection; /* there is no run_done() that would close it */
	run.record = *d->record;
	run.pid = (pid_t)d->record->pid;
	run.step = STEP_created;
	r = hooks_load(state_fd, d->record, &run.flat, e);
	if (r == 0) {
		run.p = (struct plan *)run.flat.data;
		r = run_start(&run);
		/* A start that fails has used the container up (runtime.md#lifecycle, step 12); one
		 * that has just ended was not started. */
		if (r < 0 && r != -ECONNREFUSED)
			delete_failed(root, state_fd, d);
		else if (r == 0)
			r = wait_ready(&notify, state_fd, d->record, e);
	}
	flat_done(&run.flat);
	return r;
}

int container_start(const char *root, const char *id, const char *notify_socket, struct rl_err *e)
{
	rl_autoclose int state_fd = status_lock(root, id, e);
	struct record_doc d;
	int r = record_need(state_fd, id, &d, e);

	if (r == 0)
		r = start(root, state_fd, &d, notify_socket, e);
	record_done(&d);
	return r;
}

static int kill_one(int state_fd, const struct record_doc *d, int signal, struct rl_err *e)
{
	rl_autoclose int pidfd = -EBADF;
	enum status s;
	int r = status_find(state_fd, d, false, &s, &pidfd, e);

	if (r < 0)
		return r;
	r = pidfd < 0 ? -ESRCH : pidfd_signal(pidfd, signal);
	if (r == -ESRCH)
		return rl_whole(e, r, "container not running");
	if (r < 0)
		return rl_fail(e, r, "send signal %d to process %d", signal, (int)d->record->pid);
	/* Other signals wait for resume; this one is not put off. */
	if (signal == SIGKILL && cgroup_is_frozen(&d->cgroups))
		return cgroup_thaw_killed(&d->cgroups, e);
	return 0;
}

static int kill_all(const struct record_doc *d, int signal, struct rl_err *e)
{
	rl_autoclose int pidfd = record_pidfd(d->record);

	return status_is_over(d->record, &d->cgroups, pidfd) ? 0 :
							       cgroup_kill(&d->cgroups, signal, e);
}

int container_kill(const char *root, const char *id, int signal, bool all, struct rl_err *e)
{
	/* No lock: a command that waits for the process is what a kill may have to end. */
	rl_autoclose int state_fd = state_dir_open(root, id, e);
	struct record_doc d;
	int r = record_need(state_fd, id, &d, e);

	/* --all reaches processes that outlived the first one, so it asks for no status. */
	if (r == 0 && all && d.cgroups.n)
		r = kill_all(&d, signal, e);
	else if (r == 0)
		r = kill_one(state_fd, &d, signal, e);
	if (r == -ESRCH && all) {
		*e = (struct rl_err)RL_ERR_INIT;
		r = 0;
	}
	record_done(&d);
	return r;
}

static int pause_locked(int state_fd, const struct record_doc *d, struct rl_err *e)
{
	rl_autoclose int births = -EBADF;
	static const char *const why[] = {
		[STATUS_CREATING] = "it is still being created",
		[STATUS_PAUSED] = "it is paused already",
		[STATUS_STOPPED] = "container not running",
	};
	enum status s;
	int r = status_find(state_fd, d, true, &s, NULL, e);

	if (r < 0)
		return r;
	if (s != STATUS_CREATED && s != STATUS_RUNNING)
		return rl_whole(e, -EBUSY, "cannot pause container \"%s\": %s", d->record->id,
				why[s]);
	/* One that takes longer waits for something else: it may be frozen as it is. */
	births = state_dir_bar_births(state_fd, BIRTH_MS);
	return cgroup_freeze(&d->cgroups, FREEZE_MS, e);
}

static int resume_locked(int state_fd, const struct record_doc *d, struct rl_err *e)
{
	enum status s;
	int r = status_find(state_fd, d, true, &s, NULL, e);

	if (r < 0)
		return r;
	if (s != STATUS_PAUSED)
		return rl_whole(e, -EBUSY, "cannot resume container \"%s\" that is not paused: %s",
				d->record->id, status_name(s));
	return cgroup_thaw(&d->cgroups, e);
}

/* Do it under the lock, which a start that waits for a hook may keep long. */
static int with_lock(const char *root, const char *id,
		     int (*run)(int state_fd, const struct record_doc *d, struct rl_err *e),
		     struct rl_err *e)
{
	rl_autoclose int state_fd = status_lock(root, id, e);
	struct record_doc d;
	int r = record_need(state_fd, id, &d, e);

	if (r == 0)
		r = run(state_fd, &d, e);
	record_done(&d);
	return r;
}

int container_pause(const char *root, const char *id, struct rl_err *e)
{
	return with_lock(root, id, pause_locked, e);
}

int container_resume(const char *root, const char *id, struct rl_err *e)
{
	return with_lock(root, id, resume_locked, e);
}

static int list_pids(const struct record_doc *d, pid_t **ret, size_t *ret_n, struct rl_err *e)
{
	const struct record *rec = d->record;
	rl_autoclose int pidfd = record_pidfd(rec);
	int r;

	/* Who is in its cgroup then is somebody else's. */
	if (status_is_over(rec, &d->cgroups, pidfd))
		return 0;
	if (d->cgroups.n)
		return cgroup_pids(&d->cgroups, ret, ret_n, e);
	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : rl_fail(e, pidfd, "find process %d", (int)rec->pid);
	if (!rec->own_pids) {
		rl_hint(e, "its first process is %d", (int)rec->pid);
		return rl_whole(e, -EOPNOTSUPP,
				"container \"%s\" has neither a cgroup nor a pid namespace of its "
				"own: its processes are not known",
				rec->id);
	}
	r = pidns_list((pid_t)rec->pid, ret, ret_n);
	return r < 0 ? rl_fail(e, r, "read the processes of the container") : 0;
}

int container_pids(const char *root, const char *id, pid_t **ret, size_t *ret_n, struct rl_err *e)
{
	rl_autoclose int state_fd = state_dir_open(root, id, e);
	struct record_doc d;
	int r = record_need(state_fd, id, &d, e);

	*ret = NULL;
	*ret_n = 0;
	if (r == 0)
		r = list_pids(&d, ret, ret_n, e);
	record_done(&d);
	return r;
}
