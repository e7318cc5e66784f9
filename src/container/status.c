/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a container; see status.h. */
#include "container/status.h"

#include "base/auto.h"
#include "container/init.h"
#include "container/start.h"
#include "container/state-dir.h"
#include "os/fdio.h"
#include "os/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define STATUS(symbol, name) name,
#include "container/status.def"
#undef STATUS
};

const char *status_name(enum status s)
{
	return names[s];
}

void status_set(struct record *r, enum status s)
{
	r->status = (char *)(uintptr_t)names[s];
}

static bool is_recorded(const struct record *r, enum status s)
{
	return !strcmp(r->status, names[s]);
}

static bool is_being_created(int state_fd)
{
	struct rl_err ignored = RL_ERR_INIT;
	struct record_doc d = { 0 };
	rl_autoclose int creator = -EBADF;

	if (record_load(state_fd, &d, &ignored) == 0 && record_is_creating(d.record))
		creator = record_creator_pidfd(d.record);
	record_done(&d);
	return creator >= 0;
}

int status_lock(const char *root, const char *id, struct rl_err *e)
{
	rl_autoclose int fd = state_dir_open(root, id, e);
	struct rl_err first = *e;
	int r = fd < 0 ? fd : state_dir_lock(fd, id, 0, e);

	if (r == -EBUSY && is_being_created(fd)) {
		*e = first;
		return rl_whole(e, r, "container \"%s\" is still being created", id);
	}
	if (r == -EBUSY) {
		*e = first;
		r = state_dir_lock(fd, id, STATE_DIR_WAIT_MS, e);
	}
	return r < 0 ? r : RL_TAKE_FD(fd);
}

/* A creator that died left "creating" behind: nobody holds the lock any more. */
static enum status half_made(int state_fd, bool locked)
{
	return !locked && state_dir_is_locked(state_fd) ? STATUS_CREATING : STATUS_STOPPED;
}

/* Whether the process waits for start: the connection to it, or why there is none. */
static bool is_waiting(int state_fd, int *ret_start)
{
	*ret_start = start_connect(state_fd);
	return *ret_start >= 0 || *ret_start == -EAGAIN;
}

/* Whether a `start` is at work and its process has not come to the program: its hooks run. */
static bool is_starting(int state_fd, const struct record *r, bool locked)
{
	char path[64], name[32];

	if (locked || !state_dir_is_locked(state_fd))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)r->pid);
	return fdio_read_at(AT_FDCWD, path, name, sizeof(name)) > 0 &&
	       !strcmp(name, INIT_NAME "\n");
}

/* ret_start: see status_find_created(); the others may be NULL. */
static int find(int state_fd, const struct record_doc *d, bool locked, enum status *ret,
		int *ret_pidfd, int *ret_start, struct rl_err *e)
{
	const struct record *r = d->record;
	rl_autoclose int pidfd = -EBADF;

	if (is_recorded(r, STATUS_CREATING)) {
		*ret = half_made(state_fd, locked);
	} else {
		/* Even if nobody wants it: who is only asked for by number may be a thread. */
		pidfd = record_pidfd(r);
		if (pidfd < 0 && pidfd != -ESRCH)
			return rl_fail(e, pidfd, "find the status of \"%s\"", r->id);
		if (pidfd < 0)
			*ret = STATUS_STOPPED;
		else if (cgroup_is_frozen(&d->cgroups))
			*ret = STATUS_PAUSED;
		/* A `start` that was killed after the program ran had no time to say so. */
		else if (is_recorded(r, STATUS_CREATED) &&
			 (is_waiting(state_fd, ret_start) || is_starting(state_fd, r, locked)))
			*ret = STATUS_CREATED;
		else
			*ret = STATUS_RUNNING;
	}
	if (ret_pidfd)
		*ret_pidfd = RL_TAKE_FD(pidfd);
	return 0;
}

int status_find(int state_fd, const struct record_doc *d, bool locked, enum status *ret,
		int *ret_pidfd, struct rl_err *e)
{
	rl_autoclose int start = -ECONNREFUSED;

	return find(state_fd, d, locked, ret, ret_pidfd, &start, e);
}

int status_find_created(int state_fd, const struct record_doc *d, enum status *ret, int *ret_start,
			struct rl_err *e)
{
	*ret_start = -ECONNREFUSED;
	return find(state_fd, d, true, ret, NULL, ret_start, e);
}

bool status_is_over(const struct record *r, const struct cgroup_record *cgroups, int pidfd)
{
	if (record_is_creating(r))
		return !cgroup_is_unfinished(cgroups);
	return pidfd == -ESRCH && r->pid && r->own_pids;
}
