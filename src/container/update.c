/* SPDX-License-Identifier: Apache-2.0 */
/* update: other limits for a container that exists. */
#include "container/container.h"

#include "base/auto.h"
#include "base/log.h"
#include "cgroup/rdt/rdt.h"
#include "container/bundle.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "libocispec/ocispec.h"
#include "os/cgroupfs.h"
#include "os/interrupt.h"
#include "spec/spec-later.h"
#include "spec/spec-linux.h"

#include <errno.h>
#include <string.h>

#define PART "linux.resources."

/* The resources by themselves are checked as if they stood in a configuration. */
static int check(const struct container_update *u, struct rl_err *e)
{
	struct oci_linux l = { .resources = (struct oci_resources *)(uintptr_t)u->resources };
	const struct oci_config c = { .linux_ = &l };
	int r = spec_linux(&c, e);

	if (r == 0)
		r = spec_later(&c, e);
	return r;
}

static int check_status(int state_fd, const struct record_doc *d, struct rl_err *e)
{
	enum status s;
	int r = status_find(state_fd, d, true, &s, NULL, e);

	if (r < 0)
		return r;
	/* The words are those of kill: engines match them. */
	return s == STATUS_STOPPED ? rl_whole(e, -ESRCH, "container not running") : 0;
}

static int change_limits(int state_fd, const struct cgroup_record *cgroups,
			 const struct oci_resources *resources, struct rl_err *e)
{
	rl_auto(cgroup_update_done) struct cgroup_update change = { 0 };
	rl_auto(oci_done) struct oci_doc stored = { 0 };
	struct cgroupfs fs;
	int r = cgroupfs_probe(&fs);

	if (r < 0)
		return rl_fail(e, r, "read which cgroups this host has");
	/* Only device rules have to do with it. */
	if (resources->n_devices)
		r = bundle_load_stored(state_fd, &stored, e);
	if (r == 0)
		r = cgroup_update_plan(stored.root, resources, &fs, cgroups, &change, e);
	return r == 0 ? cgroup_update_apply(&change, e) : r;
}

/* Shares of cache and memory bandwidth. *ret_old is for take_back_shares(). */
static int change_shares(const struct rdt_record *rdt, const struct container_update *u,
			 char **ret_old, struct rl_err *e)
{
	if (!u->l3_cache_schema && !u->mem_bw_schema)
		return 0;
	return rdt_update(rdt, u->l3_cache_schema, u->mem_bw_schema, ret_old, e);
}

static void take_back_shares(const struct rdt_record *rdt, const char *old)
{
	struct rl_err e = RL_ERR_INIT;
	char line[1024];

	if (old && rdt_update_undo(rdt, old, &e) < 0)
		log_warn("%s: the new shares stay, ignoring", rl_err_line(&e, line, sizeof(line)));
}

/* All or nothing: signals wait meanwhile. */
static int change(int state_fd, const struct record_doc *d, const struct container_update *u,
		  struct rl_err *e)
{
	rl_auto(interrupt_done) struct interrupt interrupt;
	rl_autofree char *old_shares = NULL;
	int r;

	interrupt_hold(&interrupt);
	r = change_shares(&d->rdt, u, &old_shares, e);
	if (r == 0 && u->resources)
		r = change_limits(state_fd, &d->cgroups, u->resources, e);
	if (r < 0)
		take_back_shares(&d->rdt, old_shares);
	return r;
}

/* The planners speak of config.json; the user gave the part that is called resources there. */
static void retell(const struct container_update *u, struct rl_err *e)
{
	size_t n = strlen(PART);

	if (strncmp(e->where, PART, n) != 0)
		return;
	memmove(e->where, e->where + n, strlen(e->where + n) + 1);
	e->flags |= RL_ERR_RESOURCES;
	if (u->doc && !e->line)
		oci_where(u->doc, e->where, &e->line, &e->column);
}

int container_update(const char *root, const char *id, const struct container_update *u,
		     struct rl_err *e)
{
	rl_autoclose int state_fd = status_lock(root, id, e);
	struct record_doc d;
	int r = record_need(state_fd, id, &d, e);

	if (r == 0)
		r = check_status(state_fd, &d, e);
	if (r == 0)
		r = check(u, e);
	if (r == 0)
		r = change(state_fd, &d, u, e);
	record_done(&d);
	if (r < 0)
		retell(u, e);
	return r;
}
