/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes state.json; see record.h. */
#include "container/record.h"

#include "base/auto.h"
#include "container/state-dir.h"
#include "os/fdio.h"
#include "os/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define RECORD_NAME "state.json"
#define RECORD_MAX  (16u << 20) /* bytes: annotations may be long */

/* All of them: that paused and stopped are never written is no reason to refuse them. */
static const char *const record_words_status[] = {
#define STATUS(symbol, name) name,
#include "container/status.def"
#undef STATUS
	NULL,
};

static const char *const record_words_freezer[] = {
	[CGROUP_FREEZER_NONE - 1] = "none",
	[CGROUP_FREEZER_V1 - 1] = "v1",
	[CGROUP_FREEZER_V2 - 1] = "v2",
	NULL,
};

#define OCI_SCHEMA "container/record.def"
#include "libocispec/schema-tables.h"

enum {
#define STATUS(symbol, name) WORD_##symbol,
#include "container/status.def"
#undef STATUS
};

bool record_is_creating(const struct record *r)
{
	return !strcmp(r->status, record_words_status[WORD_CREATING]);
}

bool record_is_running(const struct record *r)
{
	return !strcmp(r->status, record_words_status[WORD_RUNNING]);
}

int record_pidfd(const struct record *r)
{
	return pidfd_same((pid_t)r->pid, &(struct pidfd_id){ r->pid_inode, r->start_time });
}

int record_creator_pidfd(const struct record *r)
{
	return pidfd_same((pid_t)r->creator, &(struct pidfd_id){ 0, r->creator_start });
}

/*
 * A create that was killed may not have come to its cgroups: a directory that was there before it
 * is somebody else's, processes and all. (The record has a unit only if that did not exist either.)
 */
static bool is_ours(const struct record *r, const struct record_cgroup *c)
{
	return !record_is_creating(r) || strcmp(c->path, c->stop) != 0;
}

char *record_freezer_name(enum cgroup_freezer freezer)
{
	return freezer == CGROUP_FREEZER_UNKNOWN ?
		       NULL :
		       (char *)(uintptr_t)record_words_freezer[freezer - 1];
}

static enum cgroup_freezer freezer_named(const char *name)
{
	for (int i = 0; name && record_words_freezer[i]; i++)
		if (!strcmp(name, record_words_freezer[i]))
			return (enum cgroup_freezer)(i + 1);
	return CGROUP_FREEZER_UNKNOWN;
}

static struct cgroup_record_dir dir_of(const struct record_cgroup *c)
{
	return (struct cgroup_record_dir){ c->path, c->stop, freezer_named(c->freezer) };
}

static int list_cgroups(struct record_doc *d)
{
	const struct record *r = d->record;

	d->cgroups.dirs = calloc(r->n_cgroups + 1, sizeof(*d->cgroups.dirs));
	if (!d->cgroups.dirs)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_cgroups; i++)
		if (is_ours(r, r->cgroups[i]))
			d->cgroups.dirs[d->cgroups.n++] = dir_of(r->cgroups[i]);
	d->cgroups.unit = r->unit;
	d->cgroups.bus = r->bus;
	return 0;
}

struct rdt_record record_rdt_of(const struct record *r)
{
	if (!r->rdt)
		return (struct rdt_record){ 0 };
	return (struct rdt_record){ r->rdt->group, r->rdt->own, r->rdt->monitor };
}

/* Whether it tells its process, if it has one, from others. */
static bool has_identity(const struct record *r)
{
	return !r->pid || r->pid_inode || r->start_time;
}

/* fd: the file, or the negative errno of opening it. */
static int load(int fd, struct record_doc *ret, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	struct oci_error oe;
	size_t len;
	int r = fd < 0 ? fd : fdio_read_fd(fd, RECORD_MAX, &text, &len);

	*ret = (struct record_doc){ 0 };
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return rl_fail(e, r, "read " RECORD_NAME);
	r = oci_load(&record_table, text, len, &ret->doc, &oe);
	if (r < 0)
		return rl_whole(e, r, RECORD_NAME ": line %d: %s: %s", oe.line, oe.key, oe.message);
	ret->record = ret->doc.root;
	if (ret->record->format != RECORD_FORMAT)
		return rl_whole(e, -EPROTO, RECORD_NAME ": has format %u, this rundlet knows %d",
				ret->record->format, RECORD_FORMAT);
	if (!has_identity(ret->record))
		return rl_whole(e, -EINVAL, RECORD_NAME ": pidInode or startTime: is required");
	ret->rdt = record_rdt_of(ret->record);
	r = list_cgroups(ret);
	return r < 0 ? rl_fail(e, r, "read " RECORD_NAME) : 0;
}

int record_load(int dirfd, struct record_doc *ret, struct rl_err *e)
{
	rl_autoclose int fd = fdio_open_at(dirfd, RECORD_NAME, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);

	return load(fd, ret, e);
}

int record_load_below(int root_fd, const char *id, struct record_doc *ret)
{
	rl_autoclose int fd = state_dir_open_file(root_fd, id, RECORD_NAME);
	struct rl_err ignored = RL_ERR_INIT;

	return load(fd, ret, &ignored);
}

/* No process is the container's without its inode or start time, no group without its path, no unit
 * without a manager, no namespace without its path and number. */
static void forget_halves(struct record *r)
{
	if (!has_identity(r))
		r->pid = 0;
	if (r->rdt && !r->rdt->group)
		r->rdt = NULL;
	if (!r->bus)
		r->unit = NULL;
	if (r->mountns && (!r->mountns->path || !r->mountns->has_number))
		r->mountns = NULL;
	if (!r->status)
		r->status = (char *)(uintptr_t)record_words_status[WORD_CREATED];
}

int record_salvage(int dirfd, struct record_doc *ret, struct rl_err *e)
{
	static const char nothing[] = "{}";
	rl_autofree char *text = NULL;
	struct oci_error oe;
	size_t len;
	int r;

	*ret = (struct record_doc){ 0 };
	r = fdio_read_all(dirfd, RECORD_NAME, RECORD_MAX, &text, &len);
	if (r < 0)
		return rl_fail(e, r, "read " RECORD_NAME);
	r = oci_load_damaged(&record_table, text, len, &ret->doc, &oe);
	if (r != -ENOMEM && !ret->doc.root) {
		oci_done(&ret->doc);
		r = oci_load_damaged(&record_table, nothing, strlen(nothing), &ret->doc, &oe);
	}
	if (r == -ENOMEM || !ret->doc.root)
		return rl_fail(e, -ENOMEM, "read " RECORD_NAME);
	ret->record = ret->doc.root;
	forget_halves(ret->record);
	ret->rdt = record_rdt_of(ret->record);
	r = list_cgroups(ret);
	return r < 0 ? rl_fail(e, r, "read " RECORD_NAME) : 0;
}

int record_need(int state_fd, const char *id, struct record_doc *ret, struct rl_err *e)
{
	int r;

	*ret = (struct record_doc){ 0 };
	if (state_fd < 0)
		return state_fd;
	r = record_load(state_fd, ret, e);
	return r == -ENOENT ?
		       rl_whole(e, -ENODATA, "container \"%s\" has no record of its state", id) :
		       r;
}

void record_done(struct record_doc *d)
{
	free(d->cgroups.dirs);
	oci_done(&d->doc);
	*d = (struct record_doc){ 0 };
}

int record_save(int dirfd, const struct record *rec, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	size_t len;
	int r;

	r = oci_save(&record_table, rec, &text, &len, 0);
	if (r == 0)
		r = fdio_replace_at(dirfd, RECORD_NAME, text, len, 0600);
	return r < 0 ? rl_fail(e, r, "write " RECORD_NAME) : 0;
}
