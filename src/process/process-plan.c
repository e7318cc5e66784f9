/* SPDX-License-Identifier: Apache-2.0 */
/* Plans a process: who it is, where it starts, what it executes. Pure. */
#include "process/process.h"

#include "base/log.h"
#include "libocispec/ocispec.h"
#include "spec/idmap.h"
#include "spec/lookup.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#define GROUPS_MAX    65536 /* NGROUPS_MAX of the kernel */
#define ARGS_MAX      1000000
#define PRESERVE_MAX  1048576 /* fs.nr_open, as the kernel starts */
#define UMASK_DEFAULT 0022
#define NO_ID         UINT32_MAX /* means "leave as it is" to the kernel */

/* The id maps that are to be written, if the container has a user namespace made for it. */
struct maps {
	bool made;
	struct oci_id_mapping *const *uid, *const *gid;
	size_t n_uid, n_gid;
};

static struct maps find_maps(const struct oci_linux *l)
{
	const struct oci_namespace *user = lookup_namespace(l, "user");

	if (!user || lookup_is_joined(user))
		return (struct maps){ 0 };
	return (struct maps){ true, l->uid_mappings, l->gid_mappings, l->n_uid_mappings,
			      l->n_gid_mappings };
}

static int check_id(uint32_t id, bool made, struct oci_id_mapping *const *maps, size_t n,
		    const char *where, const char *map, struct rl_err *e)
{
	if (id == NO_ID)
		return rl_refuse(e, where, "%" PRIu32 " is not an id", id);
	if (made && !idmap_has(maps, n, id))
		return rl_refuse(e, where, "the id %" PRIu32 " is not in linux.%s", id, map);
	return 0;
}

static int plan_user(const struct oci_user *u, const struct maps *m, struct process_plan *p,
		     struct rl_err *e)
{
	static const struct oci_user root = { 0 };
	int r;

	if (!u)
		u = &root;
	r = check_id(u->uid, m->made, m->uid, m->n_uid, "process.user.uid", "uidMappings", e);
	if (r == 0)
		r = check_id(u->gid, m->made, m->gid, m->n_gid, "process.user.gid", "gidMappings",
			     e);
	if (r == 0 && u->n_additional_gids > GROUPS_MAX)
		r = rl_refuse(e, "process.user.additionalGids", "more than %d groups", GROUPS_MAX);
	for (size_t i = 0; i < u->n_additional_gids && r == 0; i++) {
		char key[RL_ERR_WHERE];

		snprintf(key, sizeof(key), "process.user.additionalGids[%zu]", i);
		r = check_id(u->additional_gids[i], m->made, m->gid, m->n_gid, key, "gidMappings",
			     e);
	}
	if (r == 0 && u->has_umask && u->umask > 0777)
		r = rl_refuse(e, "process.user.umask", "%" PRIu32 " is above 511, octal 0777",
			      u->umask);
	if (r < 0)
		return r;
	p->uid = u->uid;
	p->gid = u->gid;
	p->umask = u->has_umask ? u->umask : UMASK_DEFAULT;
	return 0;
}

static int plan_groups(const struct oci_user *u, const struct process_facts *facts, struct flat *f,
		       struct process_plan *p, struct rl_err *e)
{
	const size_t n = u ? u->n_additional_gids : 0;

	/* By the annotation the process has these groups and no others. */
	if (facts->keep_groups) {
		if (n)
			log_warn("process.user.additionalGids: the caller's groups stay, as "
				 "run.oci.keep_original_groups asks for, and no others can be "
				 "added, ignoring");
		return 0;
	}
	if (n && facts->deny_groups) {
		rl_refuse(e, "process.user.additionalGids",
			  "in a user namespace whose one group is the caller's, groups cannot be "
			  "set");
		rl_hint(e, "map more groups by /etc/subgid and newgidmap, or leave them out");
		return -EINVAL;
	}
	if (n)
		p->groups = flat_add_list(f, u->additional_gids, n, sizeof(uint32_t));
	p->set_groups = !facts->deny_groups;
	return 0;
}

static bool has_cap(char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

/* Whether permissions alone decide what the user may execute: no capability overrides them. */
static bool is_plain_user(const struct oci_process *proc)
{
	const struct oci_capabilities *c = proc->capabilities;

	if (!proc->user || proc->user->uid == 0)
		return false;
	return !c || (!has_cap(c->effective, c->n_effective, "CAP_DAC_OVERRIDE") &&
		      !has_cap(c->effective, c->n_effective, "CAP_DAC_READ_SEARCH"));
}

static int plan_args(const struct oci_process *proc, struct flat *f, struct process_plan *p,
		     struct rl_err *e)
{
	int r;

	if (!proc->n_args)
		return rl_refuse(e, "process.args", "is missing or empty: there is nothing to run");
	r = env_check(proc->args, proc->n_args, ARGS_MAX, "process.args", e);
	if (r < 0)
		return r;
	p->args = flat_add_strs(f, proc->args, proc->n_args);
	return 0;
}

/*
 * Without doubled slashes and ".". What ".." leads to depends on symbolic links, which the kernel
 * follows.
 */
static void clean(const char *path, char *ret)
{
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n && !(n == 1 && path[0] == '.')) {
			ret[len++] = '/';
			memcpy(ret + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		ret[len++] = '/';
	ret[len] = 0;
}

static int plan_cwd(const char *cwd, struct flat *f, struct process_plan *p, struct rl_err *e)
{
	char path[PATH_MAX];

	if (!cwd || cwd[0] != '/')
		return rl_refuse(e, "process.cwd", "\"%s\" is not an absolute path",
				 cwd ? cwd : "");
	if (strlen(cwd) >= sizeof(path))
		return rl_refuse(e, "process.cwd", "is longer than %d bytes", PATH_MAX - 1);
	clean(cwd, path);
	p->cwd = flat_add_str(f, path);
	return 0;
}

static int plan_oom(const struct oci_process *proc, struct process_plan *p, struct rl_err *e)
{
	if (!proc->has_oom_score_adj)
		return 0;
	if (proc->oom_score_adj < -1000 || proc->oom_score_adj > 1000)
		return rl_refuse(e, "process.oomScoreAdj",
				 "%" PRId64 " is not between -1000 and 1000", proc->oom_score_adj);
	p->has_oom_score_adj = 1;
	p->oom_score_adj = (int32_t)proc->oom_score_adj;
	return 0;
}

int process_plan(const struct oci_config *c, const struct oci_process *proc,
		 const struct process_facts *facts, struct flat *f, struct process_plan *ret,
		 struct rl_err *e)
{
	struct maps maps = find_maps(c->linux_);
	struct process_plan p = {
		.preserve_fds = facts->preserve_fds,
		.default_signals = facts->default_signals,
	};
	int r;

	if (!proc)
		return rl_refuse(e, "process", "is missing: there is nothing to run");
	if (facts->preserve_fds > PRESERVE_MAX)
		return rl_whole(e, -EINVAL, "preserve-fds %" PRIu32 " is above %d",
				facts->preserve_fds, PRESERVE_MAX);
	r = plan_user(proc->user, &maps, &p, e);
	if (r == 0)
		r = plan_groups(proc->user, facts, f, &p, e);
	if (r == 0)
		r = plan_args(proc, f, &p, e);
	if (r == 0)
		r = plan_cwd(proc->cwd, f, &p, e);
	if (r == 0)
		r = env_plan(proc->env, proc->n_env, facts, f, &p, e);
	if (r == 0)
		r = rlimits_plan(proc, f, &p.rlimits, e);
	if (r == 0)
		r = plan_oom(proc, &p, e);
	if (r == 0)
		r = scheduling_plan(proc, facts->joins, f, &p.scheduling, e);
	if (r == 0 && c->linux_)
		r = personality_plan(c->linux_->personality, f, &p, e);
	if (r == 0 && c->linux_)
		r = mempolicy_plan(c->linux_->memory_policy, f, &p.memory, e);
	if (r < 0)
		return r;
	p.check_as_user = is_plain_user(proc);
	*ret = p;
	return 0;
}
