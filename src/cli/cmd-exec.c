/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet exec: runs another process in a container. */
#include "base/auto.h"
#include "base/fault.h"
#include "cgroup/cgroup.h"
#include "cli/cmd.h"
#include "cli/create-options.h"
#include "cli/document.h"
#include "container/container.h"
#include "spec/spec-load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURE 255        /* engines tell it from what the program exits with */
#define ID_MAX  4294967294 /* the number above means "as it is" to the kernel */

static const struct options_row rows[] = {
	OPTIONS_ROW_TEXT("process", "p", process, "FILE",
			 "what to run, as process in config.json; - is standard input"),
	OPTIONS_ROW_FLAG("detach", "d", detach, "return when the program runs"),
	OPTIONS_ROW_TEXT("user", "u", user, "UID[:GID]", "run as this user, by numbers"),
	OPTIONS_ROW_LIST("additional-gids", "g", additional_gids, "GID",
			 "one more group (repeatable)"),
	OPTIONS_ROW_TEXT("cwd", "", cwd, "DIR", "working directory"),
	OPTIONS_ROW_LIST("env", "e", env, "NAME=VALUE", "add to the environment (repeatable)"),
	OPTIONS_ROW_LIST("cap", "c", caps, "CAP", "add a capability (repeatable)"),
	OPTIONS_ROW_FLAG("no-new-privs", "", no_new_privs, "no privilege is gained by execve(2)"),
	OPTIONS_ROW_TEXT("process-label", "", process_label, "LABEL", "SELinux label"),
	OPTIONS_ROW_TEXT("apparmor", "", apparmor, "PROFILE", "AppArmor profile"),
	OPTIONS_ROW_LIST("cgroup", "", exec_cgroups, "[CTRL[,CTRL]:]PATH",
			 "enter this cgroup below the container's (repeatable)"),
	OPTIONS_ROW_FLAG("tty", "t", tty, "the program gets a terminal"),
	OPTIONS_ROW_TEXT("console-socket", "", console_socket, "PATH",
			 "socket that gets the terminal's other side"),
	OPTIONS_ROW_TEXT("pidfd-socket", "", pidfd_socket, "PATH",
			 "socket for a descriptor of the process"),
	OPTIONS_ROW_TEXT("pid-file", "", pid_file, "FILE", "write the process id to this file"),
	OPTIONS_ROW_NUMBER("preserve-fds", "", preserve_fds, OPTIONS_FDS_MAX, "N",
			   "pass descriptors 3 to 3+N-1 on to the program"),
	OPTIONS_ROW_FLAG("ignore-paused", "", ignore_paused,
			 "also in a paused container: it runs after resume"),
	OPTIONS_ROW_FLAG("no-subreaper", "", no_subreaper, "accepted for compatibility"),
	OPTIONS_ROW_MAYBE("trace", "", trace, "FILE",
			  "write the timed steps to FILE, or to standard error"),
	OPTIONS_END
};

/* What the options become, and what is owned of it. */
struct request {
	struct container_exec exec;
	struct oci_doc process;
	struct cgroup_wish cgroups[OPTIONS_LIST_MAX];
	uint32_t gids[OPTIONS_LIST_MAX];
	FILE *trace;
};

static void request_done(struct request *r)
{
	for (size_t i = 0; i < r->exec.n_cgroups; i++)
		free((char *)(uintptr_t)r->cgroups[i].controllers);
	oci_done(&r->process);
	create_options_close_trace(&r->trace);
}

/*
 * A number and nothing else: what is taken for another one becomes root (CVE-2016-3697,
 * CVE-2026-30892). Returns what stands behind it, or NULL.
 */
static const char *read_id(const char *text, uint32_t *ret)
{
	unsigned long long n = 0;
	const char *c = text;

	for (; *c >= '0' && *c <= '9' && n <= ID_MAX; c++)
		n = n * 10 + (unsigned int)(*c - '0');
	if (fault_is_weak("number"))
		c = text + strlen(text);
	if (c == text || n > ID_MAX || (text[0] == '0' && c - text > 1))
		return NULL;
	*ret = (uint32_t)n;
	return c;
}

static int take_user(const char *text, struct container_exec *x, struct rl_err *e)
{
	const char *rest = text ? read_id(text, &x->uid) : NULL;

	if (!text)
		return 0;
	x->has_uid = true;
	if (rest && *rest == ':') {
		x->has_gid = true;
		rest = read_id(rest + 1, &x->gid);
	}
	if (!rest || *rest)
		return rl_whole(e, -EINVAL,
				"--user: \"%.64s\" is not UID or UID:GID, in numbers up to %llu",
				text, (unsigned long long)ID_MAX);
	return 0;
}

static int take_gids(const struct options_list *list, struct request *q, struct rl_err *e)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const char *rest = read_id(list->v[i], &q->gids[i]);

		if (!rest || *rest)
			return rl_whole(e, -EINVAL,
					"--additional-gids: \"%.64s\" is not a number up to %llu",
					list->v[i], (unsigned long long)ID_MAX);
	}
	q->exec.gids = q->gids;
	q->exec.n_gids = list->n;
	return 0;
}

static int take_cgroups(const struct options_list *list, struct request *q, struct rl_err *e)
{
	for (unsigned int i = 0; i < list->n; i++) {
		struct cgroup_wish *w = &q->cgroups[i];
		const char *colon = strchr(list->v[i], ':');

		w->path = colon ? colon + 1 : list->v[i];
		q->exec.n_cgroups++;
		if (!colon)
			continue;
		w->controllers = strndup(list->v[i], (size_t)(colon - list->v[i]));
		if (!w->controllers)
			return rl_fail(e, -ENOMEM, "read --cgroup");
		if (!w->controllers[0])
			return rl_whole(e, -EINVAL,
					"--cgroup: \"%.64s\" has no controller before ':'",
					list->v[i]);
	}
	q->exec.cgroups = q->cgroups;
	return 0;
}

static int take_process(const char *path, struct request *q, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	size_t len = 0;
	int r;

	if (!path)
		return 0;
	q->exec.process = &q->process;
	r = document_read(path, "process", &text, &len, e);
	return r < 0 ? r : spec_load_process(text, len, document_name(path), &q->process, e);
}

static int request_fill(struct request *q, const struct options *o, struct rl_err *e)
{
	int r;

	q->exec = (struct container_exec){
		.root = o->root,
		.id = o->args[0],
		.args = o->rest,
		.n_args = o->n_rest,
		.env = o->env.v,
		.n_env = o->env.n,
		.caps = o->caps.v,
		.n_caps = o->caps.n,
		.cwd = o->cwd,
		.process_label = o->process_label,
		.apparmor = o->apparmor,
		.tty = o->tty,
		.no_new_privs = o->no_new_privs,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.pid_file = o->pid_file,
		.preserve_fds = o->preserve_fds,
		.ignore_paused = o->ignore_paused,
	};
	r = take_user(o->user, &q->exec, e);
	if (r == 0)
		r = take_gids(&o->additional_gids, q, e);
	if (r == 0)
		r = take_cgroups(&o->exec_cgroups, q, e);
	if (r == 0)
		r = take_process(o->process, q, e);
	return r < 0 ? r : create_options_open_trace(o->trace, &q->exec.trace, &q->trace, e);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(request_done) struct request q = { 0 };
	int r = request_fill(&q, o, e);

	return r < 0 ? r : container_exec(&q.exec, o->detach, ret_status, e);
}

const struct cmd cmd_exec = {
	.name = "exec",
	.group = CMD_GROUP_LIFE,
	.arguments = "ID [PROGRAM [ARGUMENT...]]",
	.summary = "run another process in a container",
	.about =
		"The process is as the container's own, but for what the options say; or as FILE has\n"
		"it, whole. Exits with the status of the program, with 128+N if signal N ended it,\n"
		"with 127 if there is no such program, 126 if it cannot be executed, and 255 on other\n"
		"failures. Signals are sent on to the program.",
	.rows = rows,
	.min = 1,
	.max = 1,
	.passes_on = true,
	.runs = true,
	.failure = FAILURE,
	.needs_root = true,
	.run = run,
};
