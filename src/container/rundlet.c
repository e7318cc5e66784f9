/* SPDX-License-Identifier: Apache-2.0 */
/* librundlet: the public names of the operations; see include/rundlet.h. */
#include "include/rundlet.h"

#include "config.h"
#include "container/container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Give the caller's error what ours says; r is returned. */
static int tell(int r, const struct rl_err *from, struct rundlet_error *to)
{
	const char *step, *hint;
	int index, count;

	if (!to)
		return r;
	*to = (struct rundlet_error){ 0 };
	if (r == 0)
		return 0;
	to->code = -r;
	to->line = from->line;
	to->column = from->column;
	rl_err_line(from, to->message, sizeof(to->message));
	step = container_step_name(from->step, &index, &count);
	hint = from->hint[0] ? from->hint : rl_errno_hint(from->code);
	snprintf(to->step, sizeof(to->step), "%s", step ? step : "");
	snprintf(to->hint, sizeof(to->hint), "%s", hint ? hint : "");
	return r;
}

static int check(const struct rundlet_options *o, struct container_options *ret, struct rl_err *e)
{
	if (o->size != sizeof(*o))
		return rl_whole(
			e, -EINVAL,
			"struct rundlet_options has a size that this library does not know");
	if (!o->root || o->root[0] != '/' || !o->id)
		return rl_whole(e, -EINVAL, "an absolute state root and an id are needed");
	*ret = (struct container_options){
		.root = o->root,
		.id = o->id,
		.bundle = o->bundle,
		.config = o->config,
		.pid_file = o->pid_file,
		.preserve_fds = o->preserve_fds,
		.cgroups = o->flags & RUNDLET_NO_CGROUP ? CONTAINER_CGROUPS_DISABLED :
							  CONTAINER_CGROUPS_CGROUPFS,
		.no_pivot = o->flags & RUNDLET_NO_PIVOT,
		.keep = o->flags & RUNDLET_KEEP,
	};
	return 0;
}

int rundlet_create(const struct rundlet_options *o, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct container_options c;
	int r = check(o, &c, &err);

	return tell(r < 0 ? r : container_create(&c, &err), &err, e);
}

int rundlet_run(const struct rundlet_options *o, int *ret_status, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct container_options c;
	int r = check(o, &c, &err);

	return tell(r < 0 ? r : container_run(&c, o->flags & RUNDLET_DETACH, ret_status, &err),
		    &err, e);
}

int rundlet_plan(const struct rundlet_options *o, FILE *out, struct rundlet_error *e)
{
	enum report_format format = o->flags & RUNDLET_JSON ? REPORT_JSON : REPORT_TEXT;
	struct rl_err err = RL_ERR_INIT;
	struct container_options c;
	int r = check(o, &c, &err);

	return tell(r < 0 ? r : container_plan(&c, out, format, &err), &err, e);
}

int rundlet_start(const char *root, const char *id, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_start(root, id, &err), &err, e);
}

int rundlet_kill(const char *root, const char *id, int signal, unsigned int flags,
		 struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_kill(root, id, signal, flags & RUNDLET_ALL, &err), &err, e);
}

int rundlet_delete(const char *root, const char *id, unsigned int flags, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_delete(root, id, flags & RUNDLET_FORCE, &err), &err, e);
}

int rundlet_state_get(const char *root, const char *id, struct rundlet_state *ret,
		      struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct container_info i;
	int r = container_state(root, id, &i, &err);

	if (r < 0)
		return tell(r, &err, e);
	*ret = (struct rundlet_state){ i.id, i.bundle, i.rootfs, i.created, i.status, i.pid };
	i.id = i.bundle = i.rootfs = i.created = NULL;
	container_info_done(&i);
	return tell(0, &err, e);
}

void rundlet_state_done(struct rundlet_state *s)
{
	free(s->id);
	free(s->bundle);
	free(s->rootfs);
	free(s->created);
	*s = (struct rundlet_state){ 0 };
}

const char *rundlet_version(void)
{
	return PACKAGE_VERSION;
}
