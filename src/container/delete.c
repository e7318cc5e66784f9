/* SPDX-License-Identifier: Apache-2.0 */
/* Destroys containers; see delete.h. */
#include "container/delete.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/hooks.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/fdio.h"
#include "os/pidfd.h"
#include "spec/spec-load.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define KILL_WAIT_MS \
	10000 /* a killed process that is still there after this is stuck in the kernel */

int delete_hooks_load(int state_fd, const struct record *rec, struct flat *ret, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	struct plan p = { .magic = PLAN_MAGIC };
	struct oci_doc doc = { 0 };
	size_t len;
	int r;

	flat_init(ret, sizeof(p));
	if (!rec->hooks)
		return 0;
	r = fdio_read_all(state_fd, "config.json", OCI_TEXT_MAX, &text, &len);
	if (r < 0)
		return rl_fail(e, r, "read the configuration as it was at create");
	r = spec_load(text, len, "config.json", &doc, e);
	if (r == 0)
		r = hooks_plan(doc.root, rec->bundle, rec->id, ret, &p);
	oci_done(&doc);
	if (r == 0)
		r = flat_failed(ret);
	if (r < 0)
		return rl_fail(e, r, "read the hooks of the container");
	memcpy(ret->data, &p, sizeof(p));
	return 0;
}

static int end_process(const struct record *rec, struct rl_err *e)
{
	rl_autoclose int pidfd = pidfd_same((pid_t)rec->pid, rec->start_time);
	int r;

	if (pidfd == -ESRCH)
		return 0;
	r = pidfd < 0 ? pidfd : pidfd_signal(pidfd, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return rl_fail(e, r, "kill process %d of the container", (int)rec->pid);
	if (!pidfd_wait(pidfd, KILL_WAIT_MS))
		return rl_fail(e, -ETIMEDOUT, "wait for process %d to end", (int)rec->pid);
	return 0;
}

static int destroy(const char *root, const struct record *rec, const struct cgroup_record *cgroups,
		   const struct plan *hooks, struct rl_err *e)
{
	rl_autoclose int root_fd = -EBADF;
	int r;

	/* A frozen process does not die of SIGKILL on version 1: the cgroup goes first. */
	r = cgroup_kill(cgroups, SIGKILL, e);
	if (r == 0)
		r = end_process(rec, e);
	if (r == 0)
		r = cgroup_remove(cgroups, e);
	if (r < 0)
		return r;
	hooks_host_poststop(hooks);
	root_fd = state_dir_root(root, false, e);
	if (root_fd < 0)
		return root_fd;
	return state_dir_remove(root_fd, rec->id, e);
}

/*
 * A create that was killed may not have come to its cgroups: a directory that was there before it
 * is somebody else's, processes and all.
 */
static struct cgroup_record own_cgroups(const struct record_doc *d)
{
	struct cgroup_record own = { .dirs = d->cgroups.dirs };

	if (strcmp(d->record->status, "creating"))
		return d->cgroups;
	for (size_t i = 0; i < d->cgroups.n; i++)
		if (strcmp(d->cgroups.dirs[i].path, d->cgroups.dirs[i].stop))
			own.dirs[own.n++] = d->cgroups.dirs[i];
	return own;
}

int delete_destroy(const char *root, int state_fd, const struct record_doc *d, struct rl_err *e)
{
	struct cgroup_record cgroups = own_cgroups(d);
	struct rl_err hooks_error = RL_ERR_INIT;
	struct flat hooks;
	char line[1024];
	int r;

	if (delete_hooks_load(state_fd, d->record, &hooks, &hooks_error) < 0)
		log_warn("%s: no poststop hook runs, ignoring",
			 rl_err_line(&hooks_error, line, sizeof(line)));
	r = flat_failed(&hooks) ?
		    -ENOMEM :
		    destroy(root, d->record, &cgroups, (const struct plan *)hooks.data, e);
	flat_done(&hooks);
	return r < 0 ? rl_fail(e, r, "delete the container") : 0;
}

int delete_run(struct run *r, struct rl_err *e)
{
	int status;

	/* As its parent we reap it ourselves, or it would be a zombie and look alive. */
	if (r->pidfd >= 0) {
		pidfd_signal(r->pidfd, SIGKILL);
		pidfd_reap(r->pidfd, &status);
	}
	return destroy(r->o->root, &r->record, &r->cgroups, r->p, e);
}

static int check_status(int state_fd, const struct record_doc *d, const char *id, bool force,
			struct rl_err *e)
{
	enum status s;
	int r = status_find(state_fd, d, true, &s, NULL);

	if (r < 0)
		return rl_fail(e, r, "find the status of \"%s\"", id);
	/* One that waits for start runs nothing of the user's: runc and crun delete it too. */
	if (force || s == STATUS_STOPPED || s == STATUS_CREATED)
		return 0;
	rl_hint(e, "rundlet kill %s KILL, or rundlet delete --force %s", id, id);
	return rl_whole(e, -EBUSY, "cannot delete container \"%s\" that is not stopped: %s", id,
			status_name(s));
}

/* What a killed create left before its record was written is a directory and no more. */
static int delete_unrecorded(const char *root, const char *id, bool force, struct rl_err *e)
{
	rl_autoclose int root_fd = -EBADF;

	if (!force) {
		rl_hint(e, "a create was interrupted: rundlet delete --force %s", id);
		return rl_whole(e, -ENODATA, "container \"%s\" has no record of its state", id);
	}
	root_fd = state_dir_root(root, false, e);
	return root_fd < 0 ? root_fd : state_dir_remove(root_fd, id, e);
}

int container_delete(const char *root, const char *id, bool force, struct rl_err *e)
{
	rl_autoclose int state_fd = state_dir_lock(root, id, e);
	struct record_doc d;
	int r;

	if (state_fd == -ENOENT && force) {
		*e = (struct rl_err)RL_ERR_INIT;
		return 0;
	}
	if (state_fd < 0)
		return state_fd;
	r = record_load(state_fd, &d, e);
	if (r == -ENOENT)
		return delete_unrecorded(root, id, force, e);
	if (r == 0)
		r = check_status(state_fd, &d, id, force, e);
	if (r == 0)
		r = delete_destroy(root, state_fd, &d, e);
	record_done(&d);
	return r;
}
