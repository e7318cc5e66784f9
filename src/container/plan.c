/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: each room plans its part; here they are put together. Pure: changes nothing, needs no
 * privilege.
 */
#include "container/plan.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/hooks.h"
#include "container/listener.h"
#include "container/notify.h"
#include "container/pidfd-socket.h"
#include "container/plan-build.h"
#include "container/rootless.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

static bool makes_namespace(const struct plan *p, uint32_t flag)
{
	return p->ns.make & flag;
}

static bool joins_namespace(const struct flat *f, const struct plan *p, uint32_t flag)
{
	FLAT_EACH(f->data, p->ns.joins, const struct namespace_join, j)
		if (j->flag == flag)
			return true;
	return false;
}

/* Who may make no cgroup goes on without, if the configuration has no wish for one. */
static bool is_without_cgroup(const struct oci_config *c, const struct container_options *o,
			      const struct facts *facts)
{
	const char *path = c->linux_ ? c->linux_->cgroups_path : NULL;

	return facts->needs_no_cgroup && o->cgroups == CONTAINER_CGROUPS_CGROUPFS &&
	       (!path || !path[0]);
}

static int plan_cgroup(const struct oci_config *c, const struct container_options *o,
		       const struct facts *facts, struct flat *f, struct plan *p, struct rl_err *e)
{
	static const enum cgroup_manager managers[] = {
		[CONTAINER_CGROUPS_CGROUPFS] = CGROUP_MANAGER_CGROUPFS,
		[CONTAINER_CGROUPS_SYSTEMD] = CGROUP_MANAGER_SYSTEMD,
		[CONTAINER_CGROUPS_DISABLED] = CGROUP_MANAGER_DISABLED,
	};
	const bool without = is_without_cgroup(c, o, facts);
	const struct cgroup_facts cf = {
		.id = o->id,
		.cgroupfs = &facts->cgroupfs,
		.manager = without ? CGROUP_MANAGER_DISABLED : managers[o->cgroups],
		.denied = without,
		.systemd = &facts->systemd,
		.cgroup_namespace = makes_namespace(p, CLONE_NEWCGROUP),
		.user_namespace =
			makes_namespace(p, CLONE_NEWUSER) || joins_namespace(f, p, CLONE_NEWUSER),
		.unprivileged = facts->unprivileged,
	};

	if (cf.manager == CGROUP_MANAGER_DISABLED && !makes_namespace(p, CLONE_NEWPID))
		log_warn(
			"without a cgroup and a pid namespace of its own, processes that the payload "
			"leaves behind cannot be found by delete, ignoring");
	return cgroup_plan(c, &cf, f, &p->cgroup, e);
}

static int plan_rootfs(const struct oci_config *c, const char *bundle,
		       const struct container_options *o, const struct facts *facts, struct flat *f,
		       struct plan *p, struct rl_err *e)
{
	rl_autofree char *cgroup_path =
		p->cgroup.path ? strdup(flat_get_str(f->data, p->cgroup.path)) : NULL;
	struct rootfs_facts rf = {
		.bundle = bundle,
		.cgroupfs = &facts->cgroupfs,
		.cgroup_path = cgroup_path,
		.cgroup_namespace = makes_namespace(p, CLONE_NEWCGROUP) ||
				    joins_namespace(f, p, CLONE_NEWCGROUP),
		.user_namespace = facts->unprivileged || makes_namespace(p, CLONE_NEWUSER) ||
				  joins_namespace(f, p, CLONE_NEWUSER),
		.selinux = facts->security.selinux,
		.network_namespace = makes_namespace(p, CLONE_NEWNET),
		.mount_namespace = makes_namespace(p, CLONE_NEWNS),
		.no_pivot = o->no_pivot,
		.open_in = facts->open_in,
	};

	return rootfs_plan(c, &rf, f, &p->root, e);
}

/* What the process starts when it has its scheduling policy already. */
int plan_check_children(const struct plan *p, struct rl_err *e)
{
	const bool hooks = p->hooks[HOOK_START_CONTAINER].n;

	if ((!hooks && !p->listener.path) || !scheduling_is_childless(&p->process.scheduling))
		return 0;
	if (hooks)
		rl_refuse(e, "hooks.startContainer",
			  "a process of SCHED_DEADLINE can start no hooks (process.scheduler)");
	else
		rl_refuse(e, "linux.seccomp",
			  "a process of SCHED_DEADLINE can start nobody who gives the filter's "
			  "listener away (process.scheduler)");
	rl_hint(e, "with SCHED_FLAG_RESET_ON_FORK in process.scheduler.flags it can");
	return -EINVAL;
}

static int plan_parts(const struct oci_config *c, const char *bundle,
		      const struct container_options *o, const struct facts *facts, struct flat *f,
		      struct plan *p, struct rl_err *e)
{
	struct process_facts pf = {
		.preserve_fds = o->listen_fds + o->preserve_fds,
		.listen_fds = o->listen_fds,
		.listen_names = o->listen_names,
		.default_signals = facts->default_signals,
	};
	struct rdt_facts df = { .id = o->id, .resctrl = &facts->resctrl };
	int r;

	r = namespaces_plan(c, f, &p->ns, e);
	if (r == 0)
		r = idmap_writers_plan(c, &facts->ids, f, &p->ns, e);
	pf.keep_groups = p->ns.keep_groups;
	pf.deny_groups = p->ns.deny_groups;
	if (r == 0)
		r = plan_cgroup(c, o, facts, f, p, e);
	if (r == 0)
		r = rdt_plan(c, &df, f, &p->rdt, e);
	if (r == 0)
		r = plan_rootfs(c, bundle, o, facts, f, p, e);
	if (r == 0)
		r = security_plan(c, c->process, &facts->security, f, &p->security, e);
	if (r == 0)
		r = listener_plan(c, bundle, o->id, 0, f, p, e);
	if (r == 0)
		r = process_plan(c, c->process, &pf, f, &p->process, e);
	if (r == 0)
		r = console_plan(c->process, p->root.path && !p->root.dev_bound, &p->console, e);
	if (r == 0)
		r = hooks_plan(c, bundle, o->id, f, p, e);
	if (r == 0)
		r = plan_check_children(p, e);
	if (r == 0)
		r = pidfd_socket_plan(c, o->pidfd_socket, f, &p->pidfd_sockets, e);
	if (r < 0)
		return rl_fail(e, r, "make the plan");
	p->new_keyring = !o->no_new_keyring;
	p->id = flat_add_str(f, o->id);
	p->bundle = flat_add_str(f, bundle);
	return 0;
}

int plan_build(const struct oci_config *c, const char *bundle, const struct container_options *o,
	       const struct facts *facts, struct flat *ret, struct rl_err *e)
{
	rl_auto(rootless_done) struct rootless own = { 0 };
	rl_auto(notify_config_done) struct notify_config notified = { .mounts = NULL };
	bool notify = false;
	struct plan p = {
		.magic = PLAN_MAGIC,
		.sock_fd = -EBADF,
		.start_fd = -EBADF,
		.fault_step = -1,
		.hook_out_fd = -EBADF,
		.hook_err_fd = -EBADF,
		.listener = { .sock_fd = -EBADF },
	};
	int r;

	flat_init(ret, sizeof(p));
	r = rootless_plan(c, &facts->ids, &own);
	if (r == 0)
		r = notify_plan(&own.config, o->root, o->id, o->notify_socket, &notified, &notify,
				e);
	if (r == 0)
		r = plan_parts(&notified.config, bundle, o, facts, ret, &p, e);
	if (r < 0)
		return r;
	if (flat_failed(ret))
		return rl_fail(e, flat_failed(ret), "make the plan");
	p.userns_added = own.user.type != NULL;
	p.notify = notify;
	p.size = (uint32_t)ret->len;
	memcpy(ret->data, &p, sizeof(p));
	return 0;
}
