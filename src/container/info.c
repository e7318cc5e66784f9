/* SPDX-License-Identifier: Apache-2.0 */
/* state and list: what is known of containers, read without a lock. */
#include "container/container.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "spec/id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static int copy_annotations(const struct oci_map *m, struct container_info *ret)
{
	if (!m)
		return 0;
	ret->annotation_keys = calloc(m->n + 1, sizeof(char *));
	ret->annotation_values = calloc(m->n + 1, sizeof(char *));
	if (!ret->annotation_keys || !ret->annotation_values)
		return -ENOMEM;
	for (size_t i = 0; i < m->n; i++, ret->n_annotations++) {
		ret->annotation_keys[i] = strdup(m->keys[i]);
		ret->annotation_values[i] = strdup(m->values[i]);
		if (!ret->annotation_keys[i] || !ret->annotation_values[i])
			return -ENOMEM;
	}
	return 0;
}

static int copy(const struct record *r, enum status s, struct container_info *ret)
{
	*ret = (struct container_info){
		.oci_version = strdup(r->oci_version),
		.id = strdup(r->id),
		.pid = s == STATUS_STOPPED ? 0 : (pid_t)r->pid,
		.status = status_name(s),
		.bundle = strdup(r->bundle),
		.rootfs = strdup(r->rootfs),
		.created = strdup(r->created),
		.owner = r->owner,
	};
	if (!ret->oci_version || !ret->id || !ret->bundle || !ret->rootfs || !ret->created)
		return -ENOMEM;
	return copy_annotations(r->annotations, ret);
}

/* state_fd: see status_find(). */
static int find_info(int state_fd, const struct record_doc *d, struct container_info *ret,
		     struct rl_err *e)
{
	struct container_info info = { 0 };
	enum status s;
	int r = status_find(state_fd, d, false, &s, NULL, e);

	if (r == 0)
		r = copy(d->record, s, &info);
	if (r < 0) {
		container_info_done(&info);
		return r;
	}
	*ret = info;
	return 0;
}

static int read_info(int state_fd, const char *id, struct container_info *ret, struct rl_err *e)
{
	struct record_doc d;
	int r = record_need(state_fd, id, &d, e);

	if (r == 0)
		r = find_info(state_fd, &d, ret, e);
	record_done(&d);
	return r < 0 ? rl_fail(e, r, "read the state of \"%s\"", id) : 0;
}

int container_state(const char *root, const char *id, struct container_info *ret, struct rl_err *e)
{
	rl_autoclose int state_fd = state_dir_open(root, id, e);

	return state_fd < 0 ? state_fd : read_info(state_fd, id, ret, e);
}

void container_info_done(struct container_info *i)
{
	free(i->oci_version);
	free(i->id);
	free(i->bundle);
	free(i->rootfs);
	free(i->created);
	for (size_t n = 0; i->annotation_keys && i->annotation_values && n < i->n_annotations;
	     n++) {
		free(i->annotation_keys[n]);
		free(i->annotation_values[n]);
	}
	free(i->annotation_keys);
	free(i->annotation_values);
	*i = (struct container_info){ 0 };
}

void container_list_done(struct container_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_info_done(&list[i]);
	free(list);
}

void container_ids_done(char **ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}

struct ids {
	char **v;
	size_t n;
};

static void ids_free(struct ids *l)
{
	container_ids_done(l->v, l->n);
}

static int ids_add(struct ids *l, const char *id)
{
	char **v = reallocarray(l->v, l->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	l->v = v;
	v[l->n] = strdup(id);
	return v[l->n++] ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_ids(DIR *dir, struct ids *l)
{
	const struct dirent *d;
	int r = 0;

	while (r == 0 && (d = readdir(dir))) {
		struct rl_err no_id = RL_ERR_INIT;

		if (id_check(d->d_name, &no_id) == 0)
			r = ids_add(l, d->d_name);
	}
	if (r == 0 && l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	return r;
}

/* The directory becomes *ret, NULL if there is none; ids_free() in any case. */
static int open_root(const char *root, DIR **ret, struct ids *l, struct rl_err *e)
{
	int fd = state_dir_root(root, false, e), r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	*ret = fdopendir(fd);
	if (!*ret) {
		close(fd);
		return rl_fail(e, -ENOMEM, "list \"%s\"", root);
	}
	r = read_ids(*ret, l);
	return r < 0 ? rl_fail(e, r, "list \"%s\"", root) : 0;
}

int container_ids(const char *root, char ***ret, size_t *ret_n, struct rl_err *e)
{
	rl_autoclosedir DIR *dir = NULL;
	rl_auto(ids_free) struct ids l = { 0 };
	int r = open_root(root, &dir, &l, e);

	if (r < 0)
		return r;
	*ret = RL_TAKE_PTR(l.v);
	*ret_n = l.n;
	l.n = 0;
	return 0;
}

/* What there is most of, with least: the directory of a container that runs need not be opened. */
static bool read_running(int root_fd, const char *id, struct container_info *ret)
{
	struct rl_err ignored = RL_ERR_INIT;
	struct record_doc d;
	bool is_read = record_load_below(root_fd, id, &d) == 0 && record_is_running(d.record) &&
		       find_info(-EBADF, &d, ret, &ignored) == 0;

	record_done(&d);
	return is_read;
}

static int read_info_at(int root_fd, const char *id, struct container_info *ret, struct rl_err *e)
{
	rl_autoclose int state_fd = -EBADF;

	if (read_running(root_fd, id, ret))
		return 0;
	state_fd = state_dir_open_at(root_fd, id, e);
	return state_fd < 0 ? state_fd : read_info(state_fd, id, ret, e);
}

static int fill_list(DIR *dir, const struct ids *ids, struct container_info *list, size_t *ret_n)
{
	for (size_t i = 0; i < ids->n; i++) {
		struct rl_err e = RL_ERR_INIT;
		char line[1024];
		int r = read_info_at(dirfd(dir), ids->v[i], &list[*ret_n], &e);

		if (r == 0)
			++*ret_n;
		/* One that was deleted meanwhile is no container any more. */
		else if (r != -ENOENT)
			log_warn("%s: %s, ignoring", ids->v[i],
				 rl_err_line(&e, line, sizeof(line)));
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

int container_list(const char *root, struct container_info **ret, size_t *ret_n, struct rl_err *e)
{
	rl_autoclosedir DIR *dir = NULL;
	rl_auto(ids_free) struct ids l = { 0 };
	struct container_info *list;
	size_t n = 0;
	int r = open_root(root, &dir, &l, e);

	if (r < 0)
		return r;
	list = calloc(l.n + 1, sizeof(*list));
	if (!list)
		return rl_fail(e, -ENOMEM, "list \"%s\"", root);
	r = fill_list(dir, &l, list, &n);
	if (r < 0) {
		container_list_done(list, n);
		return rl_fail(e, r, "list \"%s\"", root);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
