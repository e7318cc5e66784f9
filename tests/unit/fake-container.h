/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations of container.h, made up: each writes a line that says how it was called. The id of
 * the container chooses what happens.
 */
#ifndef RL_TESTS_FAKE_CONTAINER_H
#define RL_TESTS_FAKE_CONTAINER_H

#include "base/log.h"
#include "cgroup/cgroup.h"
#include "container/container.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *calls; /* where the lines go */

static const char *text_or(const char *s, const char *other)
{
	return s ? s : other;
}

static void note_options(const char *what, const struct container_options *o)
{
	fprintf(calls,
		"%s root=%s id=%s bundle=%s config=%s pid-file=%s console=%s fds=%u cgroups=%d%s%s%s%s\n",
		what, o->root, o->id, text_or(o->bundle, "-"), text_or(o->config, "-"),
		text_or(o->pid_file, "-"), text_or(o->console_socket, "-"), o->preserve_fds,
		(int)o->cgroups, o->no_pivot ? " no-pivot" : "",
		o->no_new_keyring ? " no-keyring" : "", o->keep ? " keep" : "",
		o->trace ? " trace" : "");
}

int container_create(const struct container_options *o, struct rl_err *e)
{
	note_options("create", o);
	if (o->trace)
		fputs("traced\n", o->trace);
	if (!strcmp(o->id, "refused")) {
		e->step = 3;
		e->line = 118;
		return rl_refuse(e, "linux.x", "not carried out");
	}
	if (!strcmp(o->id, "warned"))
		log_warn("odd, ignoring");
	return 0;
}

int container_run(const struct container_options *o, bool detach, int *ret_status, struct rl_err *e)
{
	(void)e;
	note_options(detach ? "run detached" : "run", o);
	if (!detach)
		*ret_status = 137;
	return 0;
}

int container_plan(const struct container_options *o, FILE *out, enum report_format format,
		   struct rl_err *e)
{
	(void)e;
	note_options("plan", o);
	fprintf(out, "plan %d\n", (int)format);
	return 0;
}

int container_start(const char *root, const char *id, const char *notify_socket, struct rl_err *e)
{
	(void)notify_socket;
	(void)e;
	fprintf(calls, "start %s %s\n", root, id);
	return 0;
}

int container_kill(const char *root, const char *id, int signal, bool all, struct rl_err *e)
{
	fprintf(calls, "kill %s %s %d%s\n", root, id, signal, all ? " all" : "");
	if (!strcmp(id, "web-over"))
		return rl_whole(e, -ESRCH, "container not running");
	if (!strcmp(id, "none"))
		return rl_whole(e, -ENOENT, "container \"none\" does not exist");
	return 0;
}

int container_delete(const char *root, const char *id, bool force, struct rl_err *e)
{
	fprintf(calls, "delete %s %s%s\n", root, id, force ? " force" : "");
	if (!force)
		return rl_whole(e, -ENOENT, "container \"%s\" does not exist", id);
	return 0;
}

int container_pause(const char *root, const char *id, struct rl_err *e)
{
	(void)e;
	fprintf(calls, "pause %s %s\n", root, id);
	return 0;
}

int container_resume(const char *root, const char *id, struct rl_err *e)
{
	(void)e;
	fprintf(calls, "resume %s %s\n", root, id);
	return 0;
}

/* The processes of the id "self" are the program's own, so that a ps finds them. */
int container_pids(const char *root, const char *id, pid_t **ret, size_t *ret_n, struct rl_err *e)
{
	static const pid_t many[] = { 2322, 2330, 2147483647 };
	const pid_t self = getpid();

	(void)e;
	fprintf(calls, "pids %s %s\n", root, id);
	*ret = NULL;
	*ret_n = 0;
	if (!strcmp(id, "stopped"))
		return 0;
	*ret_n = strcmp(id, "self") ? sizeof(many) / sizeof(many[0]) : 1;
	*ret = malloc(sizeof(many));
	memcpy(*ret, *ret_n > 1 ? many : &self, *ret_n * sizeof(pid_t));
	return 0;
}

int container_update(const char *root, const char *id, const struct container_update *u,
		     struct rl_err *e)
{
	char *text = NULL;
	size_t len;

	(void)e;
	if (u->resources && oci_save(&oci_resources_table, u->resources, &text, &len, 0) < 0)
		text = NULL;
	fprintf(calls, "update %s %s %s%s%s%s%s%s\n", root, id, text_or(text, "-"),
		u->doc ? " located" : "", u->l3_cache_schema ? " l3=" : "",
		text_or(u->l3_cache_schema, ""), u->mem_bw_schema ? " mb=" : "",
		text_or(u->mem_bw_schema, ""));
	free(text);
	return 0;
}

int container_mounts_add(const char *root, const char *id, const struct oci_doc *mounts,
			 struct rl_err *e)
{
	(void)e;
	fprintf(calls, "mounts add %s %s %zu\n", root, id,
		((const struct oci_config *)mounts->root)->n_mounts);
	return 0;
}

int container_mounts_remove(const char *root, const char *id, const struct oci_doc *mounts,
			    struct rl_err *e)
{
	(void)e;
	fprintf(calls, "mounts remove %s %s %zu\n", root, id,
		((const struct oci_config *)mounts->root)->n_mounts);
	return 0;
}

int container_exec(const struct container_exec *x, bool detach, int *ret_status, struct rl_err *e)
{
	(void)e;
	fprintf(calls, "exec %s %s", x->root, x->id);
	for (size_t i = 0; i < x->n_args; i++)
		fprintf(calls, " %s", x->args[i]);
	for (size_t i = 0; i < x->n_env; i++)
		fprintf(calls, " env=%s", x->env[i]);
	for (size_t i = 0; i < x->n_caps; i++)
		fprintf(calls, " cap=%s", x->caps[i]);
	for (size_t i = 0; i < x->n_gids; i++)
		fprintf(calls, " gid=%u", x->gids[i]);
	for (size_t i = 0; i < x->n_cgroups; i++)
		fprintf(calls, " cgroup=%s|%s", text_or(x->cgroups[i].controllers, "-"),
			x->cgroups[i].path);
	if (x->has_uid)
		fprintf(calls, " user=%u", x->uid);
	if (x->has_gid)
		fprintf(calls, ":%u", x->gid);
	fprintf(calls, " cwd=%s pid-file=%s fds=%u%s%s%s%s%s\n", text_or(x->cwd, "-"),
		text_or(x->pid_file, "-"), x->preserve_fds, x->process ? " process" : "",
		x->tty ? " tty" : "", x->no_new_privs ? " nnp" : "",
		x->ignore_paused ? " ignore-paused" : "", detach ? " detach" : "");
	*ret_status = 7;
	return 0;
}

static void make_info(struct container_info *i, const char *id, uid_t owner, bool annotated)
{
	*i = (struct container_info){
		.oci_version = strdup("1.2.0"),
		.id = strdup(id),
		.pid = 2322,
		.status = "running",
		.bundle = strdup("/b\x1b"),
		.rootfs = strdup("/b/rootfs"),
		.created = strdup("2026-11-22T09:58:09.784969134Z"),
		.owner = owner,
	};
	if (!annotated)
		return;
	i->n_annotations = 1;
	i->annotation_keys = calloc(1, sizeof(char *));
	i->annotation_values = calloc(1, sizeof(char *));
	i->annotation_keys[0] = strdup("a.b");
	i->annotation_values[0] = strdup("c");
}

int container_state(const char *root, const char *id, struct container_info *ret, struct rl_err *e)
{
	fprintf(calls, "state %s %s\n", root, id);
	if (!strcmp(id, "none"))
		return rl_whole(e, -ENOENT, "container \"none\" does not exist");
	make_info(ret, id, 0, !strcmp(id, "annotated"));
	return 0;
}

void container_info_done(struct container_info *i)
{
	for (size_t n = 0; n < i->n_annotations; n++) {
		free(i->annotation_keys[n]);
		free(i->annotation_values[n]);
	}
	free(i->annotation_keys);
	free(i->annotation_values);
	free(i->oci_version);
	free(i->id);
	free(i->bundle);
	free(i->rootfs);
	free(i->created);
}

int container_list(const char *root, struct container_info **ret, size_t *ret_n, struct rl_err *e)
{
	(void)e;
	if (!strcmp(root, "/empty")) {
		*ret = NULL;
		*ret_n = 0;
		return 0;
	}
	*ret = calloc(2, sizeof(**ret));
	make_info(&(*ret)[0], "db", 0, false);
	make_info(&(*ret)[1], "website", 4000000000u, false);
	*ret_n = 2;
	return 0;
}

void container_list_done(struct container_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_info_done(&list[i]);
	free(list);
}

/* "none" was deleted since. */
int container_ids(const char *root, char ***ret, size_t *ret_n, struct rl_err *e)
{
	static const char *const ids[] = { "db", "none", "web-over", "web1", "web2" };

	(void)root;
	(void)e;
	*ret_n = RL_COUNT(ids);
	*ret = calloc(*ret_n, sizeof(**ret));
	for (size_t i = 0; i < *ret_n; i++)
		(*ret)[i] = strdup(ids[i]);
	return 0;
}

void container_ids_done(char **ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}

int container_stats(const char *root, const char *id, FILE *out, struct rl_err *e)
{
	(void)e;
	fprintf(calls, "stats %s %s\n", root, id);
	fputs("{}\n", out);
	return 0;
}

int container_events(const char *root, const char *id, uint64_t interval_ns, FILE *out,
		     struct rl_err *e)
{
	fprintf(calls, "events %s %s %llu\n", root, id, (unsigned long long)interval_ns);
	if (!strcmp(id, "unread")) {
		/* The line that was not taken is still in the stream. */
		fputs("{}", out);
		return rl_whole(e, -EPIPE, "nobody reads");
	}
	return 0;
}

const char *container_step_name(int step, int *ret_index, int *ret_count)
{
	*ret_index = step + 1;
	*ret_count = 36;
	return "sources_open";
}

#endif
