/* SPDX-License-Identifier: Apache-2.0 */
/* Destroys containers; see delete.h. */
#include "container/delete.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/hooks.h"
#include "container/joined-root.h"
#include "container/netdevs.h"
#include "container/oom-note.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/pidfd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define KILL_WAIT_MS \
	10000 /* a killed process that is still there after this is stuck in the kernel */

static int end_process(int pidfd, int pid, struct rl_err *e)
{
	int r = pidfd_signal(pidfd, SIGKILL);

	if (r < 0 && r != -ESRCH)
		return rl_fail(e, r, "kill process %d of the container", pid);
	if (!pidfd_wait(pidfd, KILL_WAIT_MS))
		return rl_fail(e, -ETIMEDOUT, "wait for process %d to end", pid);
	return 0;
}

/* End the container's processes and remove its cgroups. */
static int empty(int state_fd, const struct record *rec, const struct cgroup_record *cgroups,
		 bool force, struct rl_err *e)
{
	rl_autoclose int pidfd = record_pidfd(rec);
	int r;

	if (status_is_over(rec, cgroups, pidfd)) {
		oom_note_write(state_fd, cgroups);
		r = cgroup_remove_if_unused(cgroups, e);
		/* Another container may have been given the same cgroup since: it stays with that
		 * one. */
		if (r == -EBUSY && force) {
			*e = (struct rl_err)RL_ERR_INIT;
			r = 0;
		}
		return r;
	}
	if (pidfd < 0 && pidfd != -ESRCH)
		return rl_fail(e, pidfd, "find process %d of the container", (int)rec->pid);
	/* A frozen process does not die of SIGKILL on version 1: the cgroup goes first. */
	r = cgroup_kill(cgroups, SIGKILL, e);
	if (r == 0 && pidfd >= 0)
		r = end_process(pidfd, (int)rec->pid, e);
	if (r < 0)
		return r;
	oom_note_write(state_fd, cgroups);
	return cgroup_remove(cgroups, e);
}

/* After the processes: one that is left in a group goes to the root group. */
static int leave_resctrl(const struct record *rec, struct rl_err *e)
{
	struct rdt_record rdt = record_rdt_of(rec);

	return rdt_remove(&rdt, record_is_creating(rec), e);
}

static int destroy(const char *root, int state_fd, const struct record *rec,
		   const struct cgroup_record *cgroups, const struct plan *hooks, bool force,
		   struct rl_err *e)
{
	rl_autoclose int root_fd = -EBADF;
	int r = empty(state_fd, rec, cgroups, force, e);

	if (r == 0)
		r = leave_resctrl(rec, e);
	if (r == 0)
		joined_root_remove(rec);
	if (r == 0)
		r = netdevs_recover(state_fd, rec, e);
	if (r < 0)
		return r;
	hooks_host_poststop(hooks);
	root_fd = state_dir_root(root, false, e);
	return root_fd < 0 ? root_fd : state_dir_remove(root_fd, rec->id, state_fd, e);
}

/* force: a cgroup that others use by now is no obstacle; it stays with them. */
static int destroy_recorded(const char *root, int state_fd, struct record_doc *d, bool force,
			    struct rl_err *e)
{
	struct rl_err hooks_error = RL_ERR_INIT;
	struct flat hooks;
	char line[1024];
	int r;

	if (hooks_load(state_fd, d->record, &hooks, &hooks_error) < 0)
		log_warn("%s: no poststop hook runs, ignoring",
			 rl_err_line(&hooks_error, line, sizeof(line)));
	r = flat_failed(&hooks) ? -ENOMEM :
				  destroy(root, state_fd, d->record, &d->cgroups,
					  (const struct plan *)hooks.data, force, e);
	flat_done(&hooks);
	return r < 0 ? rl_fail(e, r, "delete the container") : 0;
}

static int destroy_run(struct run *r, struct rl_err *e)
{
	/* While the program ran, the lock was free for others. */
	if (!state_dir_lock_again(r->state_fd, STATE_DIR_WAIT_MS)) {
		log_warn("container \"%s\" is in use by another command, and stays until that or "
			 "another one deletes it, ignoring",
			 r->o->id);
		return 0;
	}
	if (state_dir_is_removed(r->state_fd))
		return 0;
	return destroy(r->o->root, r->state_fd, &r->record, &r->cgroups, r->p, true, e);
}

/* As its parent we reap it ourselves. */
static bool reap(int pidfd, int ms)
{
	int status;

	return pidfd_wait(pidfd, ms) && pidfd_reap(pidfd, &status) == 0;
}

int delete_run(struct run *r, struct rl_err *e)
{
	int killed = r->pidfd < 0 ? -ESRCH : pidfd_signal(r->pidfd, SIGKILL), ret;

	/* For one that a kill does not reach we would wait without end: what its record names is
	 * tried after it, and says why if that does not help either. */
	if (killed == 0)
		reap(r->pidfd, KILL_WAIT_MS);
	ret = destroy_run(r, e);
	if (killed < 0 && r->pidfd >= 0)
		reap(r->pidfd, 0);
	return ret;
}

static int check_status(int state_fd, const struct record_doc *d, const char *id, struct rl_err *e)
{
	enum status s;
	int r = status_find(state_fd, d, true, &s, NULL, e);

	if (r < 0)
		return r;
	/* One that waits for start runs nothing of the user's: runc and crun delete it too. */
	if (s == STATUS_STOPPED || s == STATUS_CREATED)
		return 0;
	rl_hint(e, "rundlet kill %s KILL, or rundlet delete --force %s", id, id);
	return rl_whole(e, -EBUSY, "cannot delete container \"%s\" that is not stopped: %s", id,
			status_name(s));
}

/* What a killed create left before its record was written is a directory and no more. */
static int delete_unrecorded(const char *root, const char *id, int state_fd, bool force,
			     struct rl_err *e)
{
	rl_autoclose int root_fd = -EBADF;

	if (!force) {
		rl_hint(e, "a create was interrupted: rundlet delete --force %s", id);
		return rl_whole(e, -ENODATA, "container \"%s\" has no record of its state", id);
	}
	root_fd = state_dir_root(root, false, e);
	return root_fd < 0 ? root_fd : state_dir_remove(root_fd, id, state_fd, e);
}

/* fd: a pidfd, or the negative errno of opening it. */
static void kill_recorded(int fd)
{
	rl_autoclose int pidfd = fd;

	if (pidfd >= 0)
		pidfd_signal(pidfd, SIGKILL);
}

void delete_failed(const char *root, int state_fd, struct record_doc *d)
{
	struct rl_err e = RL_ERR_INIT;
	char line[1024];
	int r;

	/* Others may be at work with it: the sooner they see that it is over. */
	kill_recorded(record_pidfd(d->record));
	r = state_dir_lock(state_fd, d->record->id, STATE_DIR_WAIT_MS, &e);
	if (r == -ENOENT) /* one of them has deleted it */
		return;
	if (r == 0)
		r = destroy_recorded(root, state_fd, d, true, &e);
	if (r < 0)
		log_warn("%s: the container is left as it is, ignoring",
			 rl_err_line(&e, line, sizeof(line)));
}

/*
 * Take the lock from whoever holds it: a command that waits for the container's process, or for a
 * hook, goes on when that process is killed. One that makes the container and still does not end is
 * killed itself.
 */
static int lock_forced(const char *root, const char *id, struct rl_err *e)
{
	rl_autoclose int fd = state_dir_open(root, id, e);
	struct rl_err ignored = RL_ERR_INIT;
	struct record_doc d;

	if (fd < 0 || state_dir_lock_again(fd, 0))
		return RL_TAKE_FD(fd);
	if (record_load(fd, &d, &ignored) == 0) {
		kill_recorded(record_pidfd(d.record));
		if (!d.record->pid)
			cgroup_kill(&d.cgroups, SIGKILL, &ignored);
		if (!state_dir_lock_again(fd, STATE_DIR_WAIT_MS) && record_is_creating(d.record))
			kill_recorded(record_creator_pidfd(d.record));
	}
	record_done(&d);
	if (!state_dir_lock_again(fd, STATE_DIR_WAIT_MS))
		return rl_whole(e, -EBUSY, "container \"%s\" is in use by another command", id);
	return RL_TAKE_FD(fd);
}

/* A record that cannot be read: what it names no more is not removed, which is said. */
static int load_damaged(int state_fd, struct record_doc *d, const char *id, bool force,
			struct rl_err *e)
{
	struct rl_err why = *e;
	char line[1024];
	int r;

	if (!force) {
		rl_hint(e, "rundlet delete --force %s removes what can be known", id);
		return -e->code;
	}
	record_done(d);
	*e = (struct rl_err)RL_ERR_INIT;
	r = record_salvage(state_fd, d, e);
	if (r < 0)
		return r;
	log_warn("%s: only what can be read is removed, ignoring",
		 rl_err_line(&why, line, sizeof(line)));
	d->record->id = (char *)(uintptr_t)id;
	return 0;
}

int container_delete(const char *root, const char *id, bool force, struct rl_err *e)
{
	rl_autoclose int state_fd = force ? lock_forced(root, id, e) : status_lock(root, id, e);
	struct record_doc d;
	int r;

	if (force && (state_fd == -ENOENT || (state_fd >= 0 && state_dir_is_removed(state_fd)))) {
		*e = (struct rl_err)RL_ERR_INIT;
		return 0;
	}
	if (state_fd < 0)
		return state_fd;
	r = record_load(state_fd, &d, e);
	if (r == -ENOENT)
		return delete_unrecorded(root, id, state_fd, force, e);
	if (r < 0)
		r = load_damaged(state_fd, &d, id, force, e);
	if (r == 0 && !force)
		r = check_status(state_fd, &d, id, e);
	if (r == 0)
		r = destroy_recorded(root, state_fd, &d, force, e);
	record_done(&d);
	return r;
}
