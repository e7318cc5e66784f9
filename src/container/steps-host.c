/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of steps.def that run on the host's side; the clone is in clone-host.c. */
#include "base/auto.h"
#include "base/log.h"
#include "container/console.h"
#include "container/hooks.h"
#include "container/joined-root.h"
#include "container/listener.h"
#include "container/netdevs.h"
#include "container/notify.h"
#include "container/pidfd-socket.h"
#include "container/run.h"
#include "container/state-dir.h"
#include "container/status.h"
#include "os/fdio.h"
#include "os/fdsend.h"
#include "os/pidfd.h"
#include "spec/id.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool has_hooks(const struct plan *p)
{
	return p->hooks[HOOK_POSTSTART].n || p->hooks[HOOK_POSTSTOP].n;
}

/* Name what of the cgroups is ours to remove: before they are made, and again afterwards. */
static int record_cgroups(struct run *r)
{
	struct cgroup_record now = { 0 };
	int ret = r->p->cgroup.path ? cgroup_record_make(r->p, &r->p->cgroup, &now) : 0;

	if (ret < 0)
		return ret;
	cgroup_record_done(&r->cgroups);
	r->cgroups = now;
	free(r->record.cgroups);
	free(r->record_cgroups);
	r->record.cgroups = calloc(r->cgroups.n + 1, sizeof(*r->record.cgroups));
	r->record_cgroups = calloc(r->cgroups.n + 1, sizeof(*r->record_cgroups));
	if (!r->record.cgroups || !r->record_cgroups)
		return -ENOMEM;
	for (size_t i = 0; i < r->cgroups.n; i++) {
		const struct cgroup_record_dir *d = &r->cgroups.dirs[i];

		r->record_cgroups[i] = (struct record_cgroup){
			.path = d->path,
			.stop = d->stop,
			.freezer = record_freezer_name(d->freezer),
		};
		r->record.cgroups[i] = &r->record_cgroups[i];
	}
	r->record.n_cgroups = r->cgroups.n;
	r->record.unit = r->cgroups.unit;
	r->record.bus = r->cgroups.bus;
	return 0;
}

/* The same for the group of resctrl. */
static int record_resctrl(struct run *r)
{
	struct rdt_record now;
	int ret;

	if (!r->p->rdt.mount)
		return 0;
	ret = rdt_record_make(r->p, &r->p->rdt, &now);
	if (ret < 0)
		return ret;
	rdt_record_done(&r->rdt);
	r->rdt = now;
	r->record_rdt = (struct record_rdt){
		.group = now.group, .has_own = true, .own = now.own, .monitor = now.monitor
	};
	r->record.rdt = &r->record_rdt;
	return 0;
}

static int record_fill(struct run *r)
{
	const struct oci_config *c = r->bundle.config;
	uint64_t creator_start;
	char state;
	int ret = pidfd_start_time(getpid(), &creator_start, &state);

	if (ret < 0)
		return ret;
	stamp_now(9, r->created);
	r->record = (struct record){
		.has_format = true,
		.format = RECORD_FORMAT,
		.id = (char *)(uintptr_t)r->o->id,
		.oci_version = c->oci_version,
		.has_pid = true,
		.bundle = r->bundle.path,
		.rootfs = (char *)(uintptr_t)flat_get_str(r->p, r->p->root.path),
		.created = r->created,
		.has_owner = true,
		.owner = geteuid(),
		.annotations = c->annotations,
		.has_own_pids = true,
		.own_pids = r->p->ns.make & CLONE_NEWPID,
		.has_creator = true,
		.creator = getpid(),
		.has_creator_start = true,
		.creator_start = creator_start,
		.has_hooks = true,
		.hooks = has_hooks(r->p),
		.has_userns_added = true,
		.userns_added = r->p->userns_added,
	};
	status_set(&r->record, STATUS_CREATING);
	ret = joined_root_record(r->p, &r->record_mountns, &r->record);
	if (ret == 0)
		ret = record_cgroups(r);
	return ret < 0 ? ret : record_resctrl(r);
}

int host_state_create(struct run *r)
{
	int ret = id_check(r->o->id, r->e);

	if (ret < 0)
		return ret;
	r->root_fd = state_dir_root(r->o->root, true, r->e);
	if (r->root_fd < 0)
		return r->root_fd;
	r->state_fd = state_dir_create(r->root_fd, r->o->id, r->e);
	if (r->state_fd < 0)
		return r->state_fd;
	ret = record_fill(r);
	if (ret < 0)
		return rl_fail(r->e, ret, "fill the record of the container");
	ret = fdio_replace_at(r->state_fd, "config.json", r->bundle.text, r->bundle.len, 0600);
	if (ret < 0)
		return rl_fail(r->e, ret, "keep a copy of the configuration");
	ret = record_save(r->state_fd, &r->record, r->e);
	return ret == 0 && r->p->notify ? notify_make(r->state_fd, r->e) : ret;
}

/* What an undo cannot remove is said, and can be removed by delete --force: its record is there. */
static void undo_warn(const char *what, const struct rl_err *e)
{
	char line[1024];

	if (e->code)
		log_warn("%s: %s, ignoring: rundlet delete --force tries again", what,
			 rl_err_line(e, line, sizeof(line)));
}

void host_state_remove(struct run *r)
{
	struct rl_err e = RL_ERR_INIT;

	if (r->state_fd < 0 || r->kept)
		return;
	joined_root_remove(&r->record);
	state_dir_remove(r->root_fd, r->o->id, r->state_fd, &e);
	undo_warn("undo", &e);
}

int host_cgroup_create(struct run *r)
{
	int ret = cgroup_create(r->p, &r->p->cgroup, r->e);

	if (ret < 0)
		return ret;
	r->cgroup_made = true;
	ret = record_cgroups(r);
	return ret < 0 ? rl_fail(r->e, ret, "record the cgroup") : 0;
}

void host_cgroup_remove(struct run *r)
{
	struct rl_err e = RL_ERR_INIT;

	cgroup_close(r->p, &r->p->cgroup);
	/* One that was refused is somebody else's. */
	if (!r->cgroup_made)
		return;
	if (cgroup_kill(&r->cgroups, SIGKILL, &e) < 0 || cgroup_remove(&r->cgroups, &e) < 0)
		r->kept = true;
	undo_warn("undo", &e);
}

int host_cgroup_limits(struct run *r)
{
	return limits_apply(r->p, &r->p->cgroup, r->e);
}

int host_resctrl_create(struct run *r)
{
	int ret = rdt_create(r->p, &r->p->rdt, r->rdt.own, r->e);

	if (ret < 0)
		return ret;
	ret = record_resctrl(r);
	return ret < 0 ? rl_fail(r->e, ret, "record the group of resctrl") : 0;
}

void host_resctrl_remove(struct run *r)
{
	struct rl_err e = RL_ERR_INIT;

	if (rdt_undo(r->p, &r->p->rdt, &e) < 0)
		r->kept = true;
	undo_warn("undo", &e);
}

int host_cgroup_find(struct run *r)
{
	/* Born in a cgroup that is frozen, the process would be so while we sleep until it executes
	 * the stub (clone-host.c), deaf to all but SIGKILL. That is the next row: nothing that can
	 * wait stands between. */
	r->births = state_dir_share_births(r->state_fd);
	return cgroup_join_open(r->p, &r->p->cgroup, r->first, r->births < 0, r->e);
}

int host_resctrl_find(struct run *r)
{
	return rdt_join_open(r->p, &r->p->rdt, r->e);
}

int host_sources_open(struct run *r)
{
	int ret = sources_open(r->p, &r->p->root, r->e);

	if (ret == 0 && r->record.mountns) {
		ret = joined_root_identify(r->p->root.root_fd, &r->record);
		ret = ret < 0 ? rl_fail(r->e, ret, "identify the root of the container") :
				record_save(r->state_fd, &r->record, r->e);
	}
	return ret < 0 ? ret : hooks_output_open(r->p, r->e);
}

int host_namespaces_open(struct run *r)
{
	int ret = namespaces_open(r->p, &r->p->ns, r->e);

	if (ret == 0)
		ret = joined_root_check(r->p, &r->record, r->e);
	return ret < 0 ? ret : joined_root_alone(r->o->root, r->root_fd, &r->record, r->e);
}

int host_console_open(struct run *r)
{
	return console_open(r->p, r->o->console_socket, &r->console_fd, r->e);
}

int host_listener_open(struct run *r)
{
	return listener_open(r->p, r->e);
}

int host_id_maps(struct run *r)
{
	/* Once the process has other ids than the caller, this file is not his any more. */
	int ret = r->p->ns.without_rights ? oom_apply(r->p, &r->p->process, r->pid, r->e) : 0;

	return ret < 0 ? ret : idmap_write(r->p, &r->p->ns, r->pid, r->e);
}

/* Named in the record, and the namespace kept, before the first one moves. */
int host_netdevices_move(struct run *r)
{
	int ret = netdev_find(&r->netdevs, r->p, &r->p->ns, r->pid, r->e);

	if (ret < 0)
		return ret;
	ret = netdevs_record_make(&r->netdevs, &r->record);
	if (ret < 0)
		return rl_fail(r->e, ret, "name the network devices in the record");
	ret = record_save(r->state_fd, &r->record, r->e);
	if (ret == 0)
		ret = netdevs_pin(r->state_fd, &r->netdevs, r->e);
	return ret < 0 ? ret : netdev_move(&r->netdevs, r->e);
}

void host_netdevices_back(struct run *r)
{
	struct rl_err e = RL_ERR_INIT;

	if (netdev_back(&r->netdevs, &e) < 0 || netdevs_unpin(r->state_fd, &e) < 0)
		r->kept = true;
	undo_warn("undo", &e);
}

int host_prestart(struct run *r)
{
	return hooks_host_run(r->p, HOOK_PRESTART, r->pid, r->pidfd, r->state_fd, r->e);
}

int host_create_runtime(struct run *r)
{
	return hooks_host_run(r->p, HOOK_CREATE_RUNTIME, r->pid, r->pidfd, r->state_fd, r->e);
}

int host_cgroup_settle(struct run *r)
{
	const struct cgroup_plan *p = &r->p->cgroup;
	uint32_t owner = p->has_owner ? p->owner : (uid_t)-1;
	int ret = p->owner_mapped ? idmap_outside(r->pid, p->owner, &owner, r->e) : 0;

	return ret < 0 ? ret : cgroup_settle(r->p, p, owner, r->e);
}

int host_limits_process(struct run *r)
{
	int ret = 0;

	/* Else host_id_maps() has done it. */
	if (!r->p->ns.without_rights)
		ret = oom_apply(r->p, &r->p->process, r->pid, r->e);
	return ret < 0 ? ret : rlimits_raise(r->p, &r->p->process, r->pid, r->e);
}

int host_scheduling(struct run *r)
{
	return scheduling_apply(r->p, &r->p->process.scheduling, r->pid, r->e);
}

int host_pidfd_send(struct run *r)
{
	return pidfd_socket_send(r->p, r->pidfd, r->e);
}

/* Digits and nothing else: engines parse it strictly. */
static int pid_file_write(struct run *r)
{
	rl_autofree char *dir = NULL;
	rl_autoclose int fd = -EBADF;
	const char *slash, *name;
	char text[16];
	int n, ret;

	if (!r->o->pid_file)
		return 0;
	slash = strrchr(r->o->pid_file, '/');
	name = slash ? slash + 1 : r->o->pid_file;
	dir = slash ? strndup(r->o->pid_file, (size_t)(slash - r->o->pid_file) + 1) : strdup(".");
	if (!dir)
		return rl_fail(r->e, -ENOMEM, "write the pid file");
	fd = fdio_open_at(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	n = snprintf(text, sizeof(text), "%d", (int)r->pid);
	ret = fd < 0 ? fd : fdio_replace_at(fd, name, text, (size_t)n, 0644);
	if (ret < 0)
		return rl_fail(r->e, ret, "write pid file \"%s\"", r->o->pid_file);
	r->pid_in_file = r->pid;
	return 0;
}

/* The container is there, and delete lets go what is left: no reason to fail. */
static void unpin(const struct run *r)
{
	struct rl_err e = RL_ERR_INIT;
	char line[1024];

	if (r->record.n_netdevs && netdevs_unpin(r->state_fd, &e) < 0)
		log_warn("%s, ignoring: rundlet delete does it",
			 rl_err_line(&e, line, sizeof(line)));
}

int host_created(struct run *r)
{
	struct pidfd_id id;
	int ret = pidfd_identify(r->pid, r->pidfd, state_dir_is_lasting(r->state_fd), &id);

	if (ret < 0)
		return rl_fail(r->e, ret, "find what tells the container's process from others");
	cgroup_entered(&r->p->cgroup);
	r->record.pid = r->pid;
	r->record.has_pid_inode = id.inode;
	r->record.pid_inode = id.inode;
	r->record.has_start_time = !id.inode;
	r->record.start_time = id.start_time;
	/* The program of a run is executed next: the record need not be written again then. */
	status_set(&r->record, r->p->at_once ? STATUS_RUNNING : STATUS_CREATED);
	ret = pid_file_write(r);
	if (ret == 0)
		ret = record_save(r->state_fd, &r->record, r->e);
	if (ret == 0)
		unpin(r);
	return ret;
}

/* Another container, made meanwhile, may have the same file. */
void host_pid_file_remove(struct run *r)
{
	rl_autofree char *found = NULL;
	char ours[16];
	size_t len;

	if (!r->pid_in_file)
		return;
	snprintf(ours, sizeof(ours), "%d", (int)r->pid_in_file);
	if (fdio_read_all(AT_FDCWD, r->o->pid_file, sizeof(ours), &found, &len) == 0 &&
	    !strcmp(found, ours))
		unlink(r->o->pid_file);
}

int host_exec_tell(struct run *r)
{
	int ret = r->pidfd_sock >= 0 ? fdsend_one(r->pidfd_sock, r->pidfd, "pidfd") : 0;

	if (ret < 0)
		return rl_fail(r->e, ret, "send the pidfd of the process to the socket");
	return pid_file_write(r);
}

int host_poststart(struct run *r)
{
	/* The container is whole: it is others' to use, and the hooks'. */
	state_dir_unlock(r->state_fd);
	return hooks_host_run(r->p, HOOK_POSTSTART, r->pid, -EBADF, r->state_fd, r->e);
}
