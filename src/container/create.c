/* SPDX-License-Identifier: Apache-2.0 */
/* create, run and plan: the operations that begin with a bundle. */
#include "container/container.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/console.h"
#include "container/delete.h"
#include "container/foreground.h"
#include "container/plan-build.h"
#include "container/run.h"
#include "container/state-dir.h"
#include "spec/id.h"

#include <errno.h>

static int check_options(const struct container_options *o, struct rl_err *e)
{
	int r = id_check(o->id, e);

	return r < 0 ? r : caller_check_fds(o->listen_fds, o->preserve_fds, e);
}

/* at_once: for run_start(), which follows. */
static int create(struct run *r, const struct container_options *o, bool at_once, bool detached,
		  struct rl_err *e)
{
	int ret = check_options(o, e);

	if (ret == 0)
		ret = run_init(r, o, e);
	if (ret == 0) {
		r->p->at_once = at_once;
		ret = console_check(r->p, o->console_socket, detached, e);
	}
	if (ret == 0)
		ret = run_create(r);
	if (ret < 0 && o->notify_socket && r->bundle.config)
		notify_explain(r->bundle.config, e);
	return ret;
}

int container_create(const struct container_options *o, struct rl_err *e)
{
	struct run r = RUN_INIT;
	int ret = create(&r, o, false, true, e);

	if (ret == 0)
		trace_write(r.times, o->trace);
	run_done(&r);
	return ret;
}

int container_plan(const struct container_options *o, FILE *out, enum report_format format,
		   struct rl_err *e)
{
	struct run r = RUN_INIT;
	int ret = run_init(&r, o, e);

	if (ret == 0)
		plan_report(r.p, out, format);
	run_done(&r);
	return ret;
}

static int start(struct run *r, struct notify *notify)
{
	int ret = run_start(r);

	if (ret < 0)
		return ret;
	trace_write(r->times, r->o->trace);
	state_dir_unlock(r->state_fd);
	return notify_wait(notify, r->pidfd, r->e);
}

int container_run(const struct container_options *o, bool detach, int *ret_status, struct rl_err *e)
{
	rl_auto(foreground_end) struct foreground f = FOREGROUND_INIT;
	struct rl_err later = RL_ERR_INIT;
	struct run r = RUN_INIT;
	int ret = create(&r, o, true, detach, e);
	bool made = ret == 0;
	char line[1024];

	/* In the foreground we are the main process, and go on telling what the container says. */
	if (made)
		ret = notify_begin(&f.notify, r.state_fd, o->notify_socket, detach ? r.pid : 0, e);
	if (ret == 0)
		ret = detach ? start(&r, &f.notify) : foreground_run(&f, &r, run_start, ret_status);
	if (made && ret < 0)
		host_pid_file_remove(&r);
	if (made && (ret < 0 || (!detach && !o->keep))) {
		int gone = delete_run(&r, &later);

		if (ret < 0 && gone < 0)
			log_warn("%s: the container is left as it is, ignoring",
				 rl_err_line(&later, line, sizeof(line)));
		if (ret == 0 && gone < 0) {
			*e = later;
			ret = gone;
		}
	}
	run_done(&r);
	return ret;
}
