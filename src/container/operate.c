/* SPDX-License-Identifier: Apache-2.0 */
/* start and kill: the operations on a container that exists. */
#include "container/container.h"

#include "base/auto.h"
#include "container/delete.h"
#include "container/hooks.h"
#include "container/start.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/pidfd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* The words are those of runc: engines match them. */
static int check_created(int state_fd, const struct record_doc *d, struct rl_err *e)
{
	static const char *const state[] = {
		[STATUS_CREATING] = "that is still being created",
		[STATUS_RUNNING] = "that is already running",
		[STATUS_PAUSED] = "that is paused",
		[STATUS_STOPPED] = "that has stopped",
	};
	enum status s;
	int r = status_find(state_fd, d, true, &s, NULL);

	if (r < 0)
		return rl_fail(e, r, "find the status of \"%s\"", d->record->id);
	if (s != STATUS_CREATED)
		return rl_whole(e, -EBUSY, "cannot start a container %s", state[s]);
	return 0;
}

static int save_running(int state_fd, const struct record_doc *d, struct rl_err *e)
{
	struct record rec = *d->record;

	rec.status = (char *)(uintptr_t) "running";
	return record_save(state_fd, &rec, e);
}

static int poststart(int state_fd, const struct record *rec, struct rl_err *e)
{
	struct flat hooks;
	int r = delete_hooks_load(state_fd, rec, &hooks, e);

	if (r == 0 && run_is_fault(STEP_hooks_poststart))
		r = rl_fail(e, -EIO, "pass the fault point of this step");
	if (r == 0)
		r = hooks_host_run((const struct plan *)hooks.data, HOOK_POSTSTART, (pid_t)rec->pid,
				   e);
	if (r < 0)
		e->step = STEP_hooks_poststart;
	flat_done(&hooks);
	return r;
}

static int start(const char *root, int state_fd, const struct record_doc *d, struct rl_err *e)
{
	struct rl_err ignored = RL_ERR_INIT;
	int r = check_created(state_fd, d, e);

	if (r < 0)
		return r;
	r = start_send(state_fd, NULL, e);
	if (r == 0)
		r = save_running(state_fd, d, e);
	if (r == 0)
		r = poststart(state_fd, d->record, e);
	/* A start that fails has used the container up (runtime.md#lifecycle: go on at step 12). */
	if (r < 0)
		delete_destroy(root, state_fd, d, &ignored);
	return r < 0 ? rl_fail(e, r, "start the container") : 0;
}

static int load(const char *root, const char *id, bool lock, struct record_doc *ret,
		struct rl_err *e)
{
	int fd = lock ? state_dir_lock(root, id, e) : state_dir_open(root, id, e);
	int r;

	*ret = (struct record_doc){ 0 };
	if (fd < 0)
		return fd;
	r = record_load(fd, ret, e);
	if (r == 0)
		return fd;
	close(fd);
	if (r == -ENOENT)
		return rl_whole(e, -ENODATA, "container \"%s\" has no record of its state", id);
	return r;
}

int container_start(const char *root, const char *id, struct rl_err *e)
{
	struct record_doc d;
	rl_autoclose int state_fd = load(root, id, true, &d, e);
	int r = state_fd < 0 ? state_fd : start(root, state_fd, &d, e);

	record_done(&d);
	return r;
}

static int kill_one(int state_fd, const struct record_doc *d, int signal, struct rl_err *e)
{
	rl_autoclose int pidfd = -EBADF;
	enum status s;
	int r = status_find(state_fd, d, true, &s, &pidfd);

	if (r < 0)
		return rl_fail(e, r, "find the status of \"%s\"", d->record->id);
	r = pidfd < 0 ? -ESRCH : pidfd_signal(pidfd, signal);
	if (r == -ESRCH)
		return rl_whole(e, r, "container not running");
	return r < 0 ? rl_fail(e, r, "send signal %d to process %d", signal, (int)d->record->pid) :
		       0;
}

int container_kill(const char *root, const char *id, int signal, bool all, struct rl_err *e)
{
	struct record_doc d;
	rl_autoclose int state_fd = load(root, id, true, &d, e);
	int r = state_fd < 0 ? state_fd : 0;

	/* --all reaches processes that outlived the first one, so it asks for no status. */
	if (r == 0 && all && d.cgroups.n)
		r = cgroup_kill(&d.cgroups, signal, e);
	else if (r == 0)
		r = kill_one(state_fd, &d, signal, e);
	record_done(&d);
	return r;
}
