/* SPDX-License-Identifier: Apache-2.0 */
/* librundlet: the public names of the operations; see include/rundlet.h. */
#include "include/rundlet.h"

#include "base/escape.h"
#include "config.h"
#include "container/container.h"
#include "libocispec/ocispec.h"
#include "spec/spec-load.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The options of the first version end with `flags`; a later rundlet.h adds members behind it. */
#define SIZE_FIRST      (offsetof(struct rundlet_options, flags) + sizeof(unsigned int))
#define SIZE_FIRST_EXEC (offsetof(struct rundlet_exec_options, flags) + sizeof(unsigned int))
#define SIZE_LIMIT      4096

#define FLAGS_OF_OPTIONS                                                                       \
	((unsigned int)(RUNDLET_NO_PIVOT | RUNDLET_KEEP | RUNDLET_DETACH | RUNDLET_NO_CGROUP | \
			RUNDLET_JSON | RUNDLET_NO_NEW_KEYRING))

/* The message as one line, whatever stands in paths and ids. */
static void tell_message(const struct rl_err *from, struct rundlet_error *to)
{
	char raw[sizeof(to->message)];
	FILE *out = fmemopen(to->message, sizeof(to->message), "w");

	rl_err_line(from, raw, sizeof(raw));
	if (out) {
		escape_text(out, raw);
		fclose(out);
	}
	to->message[sizeof(to->message) - 1] = 0;
}

/* Give the caller's error what ours says; r is returned. */
static int tell(int r, const struct rl_err *from, struct rundlet_error *to)
{
	const char *step, *hint = NULL;
	int index, count;

	if (!to)
		return r;
	*to = (struct rundlet_error){ 0 };
	if (r == 0)
		return 0;
	to->code = -r;
	to->line = from->line;
	to->column = from->column;
	tell_message(from, to);
	step = container_step_name(from->step, &index, &count);
	if (from->hint[0])
		hint = from->hint;
	else if (!(from->flags & RL_ERR_WHOLE))
		hint = rl_errno_hint(from->code);
	snprintf(to->step, sizeof(to->step), "%s", step ? step : "");
	snprintf(to->hint, sizeof(to->hint), "%s", hint ? hint : "");
	return r;
}

/*
 * A struct of the caller, which begins with its size, as this library knows it, of ret_size bytes:
 * what is newer here is zero, what is newer there must be. first: the size of its first version.
 */
static int read_sized(const char *name, const void *o, size_t first, void *ret, size_t ret_size,
		      struct rl_err *e)
{
	size_t size = *(const size_t *)o;

	if (size < first || size > SIZE_LIMIT)
		return rl_whole(e, -EINVAL, "struct %s: a size of %zu is not known", name, size);
	for (size_t i = ret_size; i < size; i++)
		if (((const char *)o)[i])
			return rl_whole(e, -EINVAL,
					"struct %s: a member behind byte %zu is used, which this "
					"library does not know",
					name, ret_size);
	memset(ret, 0, ret_size);
	memcpy(ret, o, size < ret_size ? size : ret_size);
	return 0;
}

static int check_flags(const char *name, unsigned int flags, unsigned int known, struct rl_err *e)
{
	if (flags & ~known)
		return rl_whole(e, -EINVAL, "struct %s: flags %#x are not known", name,
				flags & ~known);
	return 0;
}

static int check_place(const char *root, const char *id, struct rl_err *e)
{
	if (!root || root[0] != '/' || !id)
		return rl_whole(e, -EINVAL, "an absolute state root and an id are needed");
	return 0;
}

static int check(const struct rundlet_options *options, struct container_options *ret,
		 unsigned int *ret_flags, struct rl_err *e)
{
	struct rundlet_options o;
	int r = read_sized("rundlet_options", options, SIZE_FIRST, &o, sizeof(o), e);

	if (r == 0)
		r = check_flags("rundlet_options", o.flags, FLAGS_OF_OPTIONS, e);
	if (r == 0)
		r = check_place(o.root, o.id, e);
	if (r < 0)
		return r;
	*ret = (struct container_options){
		.root = o.root,
		.id = o.id,
		.bundle = o.bundle,
		.config = o.config,
		.pid_file = o.pid_file,
		.preserve_fds = o.preserve_fds,
		.cgroups = o.flags & RUNDLET_NO_CGROUP ? CONTAINER_CGROUPS_DISABLED :
							 CONTAINER_CGROUPS_CGROUPFS,
		.no_pivot = o.flags & RUNDLET_NO_PIVOT,
		.no_new_keyring = o.flags & RUNDLET_NO_NEW_KEYRING,
		.keep = o.flags & RUNDLET_KEEP,
	};
	*ret_flags = o.flags;
	return 0;
}

int rundlet_create(const struct rundlet_options *o, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct container_options c;
	unsigned int flags;
	int r = check(o, &c, &flags, &err);

	return tell(r < 0 ? r : container_create(&c, &err), &err, e);
}

int rundlet_run(const struct rundlet_options *o, int *ret_status, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct container_options c;
	unsigned int flags;
	int r = check(o, &c, &flags, &err);

	if (r == 0)
		r = container_run(&c, flags & RUNDLET_DETACH, ret_status, &err);
	return tell(r, &err, e);
}

static int exec(const struct rundlet_exec_options *options, struct oci_doc *process,
		int *ret_status, struct rl_err *e)
{
	static const char name[] = "rundlet_exec_options";
	struct rundlet_exec_options o;
	struct container_exec x = { 0 };
	int r = read_sized(name, options, SIZE_FIRST_EXEC, &o, sizeof(o), e);

	if (r == 0)
		r = check_flags(name, o.flags, RUNDLET_DETACH | RUNDLET_IGNORE_PAUSED, e);
	if (r == 0)
		r = check_place(o.root, o.id, e);
	if (r == 0 && o.process)
		r = spec_load_process(o.process, strlen(o.process), "process", process, e);
	if (r < 0)
		return r;
	x.root = o.root;
	x.id = o.id;
	x.process = o.process ? process : NULL;
	x.args = o.args;
	while (o.args && o.args[x.n_args])
		x.n_args++;
	x.pid_file = o.pid_file;
	x.preserve_fds = o.preserve_fds;
	x.ignore_paused = o.flags & RUNDLET_IGNORE_PAUSED;
	return container_exec(&x, o.flags & RUNDLET_DETACH, ret_status, e);
}

int rundlet_exec(const struct rundlet_exec_options *o, int *ret_status, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct oci_doc process = { 0 };
	int r = exec(o, &process, ret_status, &err);

	oci_done(&process);
	return tell(r, &err, e);
}

int rundlet_plan(const struct rundlet_options *o, FILE *out, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct container_options c;
	unsigned int flags;
	int r = check(o, &c, &flags, &err);

	if (r == 0)
		r = container_plan(&c, out, flags & RUNDLET_JSON ? REPORT_JSON : REPORT_TEXT, &err);
	return tell(r, &err, e);
}

int rundlet_start(const char *root, const char *id, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_start(root, id, NULL, &err), &err, e);
}

int rundlet_kill(const char *root, const char *id, int signal, unsigned int flags,
		 struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_kill(root, id, signal, flags & RUNDLET_ALL, &err), &err, e);
}

int rundlet_update(const char *root, const char *id, const char *resources, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct oci_doc doc = { 0 };
	struct container_update u = { .doc = &doc };
	int r = spec_load_resources(resources, strlen(resources), "resources", &doc, &err);

	u.resources = doc.root;
	if (r == 0)
		r = container_update(root, id, &u, &err);
	oci_done(&doc);
	return tell(r, &err, e);
}

static int mounts(const char *root, const char *id, const char *text,
		  int (*what)(const char *root, const char *id, const struct oci_doc *mounts,
			      struct rl_err *e),
		  struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;
	struct oci_doc doc = { 0 };
	int r = spec_load_mounts(text, strlen(text), "mounts", &doc, &err);

	if (r == 0)
		r = what(root, id, &doc, &err);
	oci_done(&doc);
	return tell(r, &err, e);
}

int rundlet_mounts_add(const char *root, const char *id, const char *text, struct rundlet_error *e)
{
	return mounts(root, id, text, container_mounts_add, e);
}

int rundlet_mounts_remove(const char *root, const char *id, const char *text,
			  struct rundlet_error *e)
{
	return mounts(root, id, text, container_mounts_remove, e);
}

int rundlet_delete(const char *root, const char *id, unsigned int flags, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_delete(root, id, flags & RUNDLET_FORCE, &err), &err, e);
}

int rundlet_pause(const char *root, const char *id, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_pause(root, id, &err), &err, e);
}

int rundlet_resume(const char *root, const char *id, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_resume(root, id, &err), &err, e);
}

int rundlet_pids(const char *root, const char *id, pid_t **ret, size_t *ret_n,
		 struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_pids(root, id, ret, ret_n, &err), &err, e);
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

int rundlet_stats(const char *root, const char *id, FILE *out, struct rundlet_error *e)
{
	struct rl_err err = RL_ERR_INIT;

	return tell(container_stats(root, id, out, &err), &err, e);
}

const char *rundlet_version(void)
{
	return PACKAGE_VERSION;
}
