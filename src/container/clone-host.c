/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the container's process: one clone3(2) with all new namespaces and the cgroup, and in the
 * child at once the stub, from a sealed file in memory. Nothing of rundlet's own image, libraries
 * or memory is ever inside a container.
 *
 * Between clone3 and execveat the child makes raw system calls only.
 */
#include "container/run.h"

#include "base/auto.h"
#include "base/fault.h"
#include "base/sanitizer.h"
#include "container/console.h"
#include "container/init.h"
#include "container/listener.h"
#include "container/start.h"
#include "os/fdio.h"
#include "os/guestthread.h"
#include "os/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define DYING_MS    100   /* for a killed process that nothing keeps */
#define CHILD_STACK 32768 /* with room for what sanitizers add */

/* The stub, linked in by init-image.S. */
extern const char init_image_start[], init_image_end[];

static void keep(int fd, long *ret)
{
	long r = fd < 0 ? 0 : SYS_3(__NR_fcntl, fd, F_SETFD, 0);

	if (*ret >= 0)
		*ret = r;
}

/* Descriptors are close-on-exec from birth; these are the ones that the plan speaks of. 0 or a
 * negative errno. */
static long keep_descriptors(const struct plan *p)
{
	long r = 0;

	keep(p->sock_fd, &r);
	keep(p->start_fd, &r);
	if (p->live.what) {
		keep(p->live.pidfd, &r);
		keep(p->live.root_fd, &r);
	}
	if (p->console.wanted)
		keep(p->console.sock_fd, &r);
	keep(p->hook_out ? p->hook_out_fd : -EBADF, &r);
	keep(p->hook_err ? p->hook_err_fd : -EBADF, &r);
	if (p->listener.path)
		keep(p->listener.sock_fd, &r);
	keep(p->root.root_fd, &r);
	keep(p->root.null_fd, &r);
	FLAT_EACH(p, p->root.mounts, const struct rootfs_mount, m)
		keep(m->fd, &r);
	FLAT_EACH(p, p->root.devices, const struct rootfs_device, d)
		keep(d->fd, &r);
	FLAT_EACH(p, p->cgroup.dirs, const struct cgroup_dir, c)
		keep(c->enter_fd, &r);
	FLAT_EACH(p, p->ns.joins, const struct namespace_join, j)
		keep(j->fd, &r);
	if (p->rdt.mount) {
		keep(p->rdt.tasks_fd, &r);
		keep(p->rdt.monitor_fd, &r);
	}
	return r;
}

/* In a new user namespace: wait for HOST to map our ids, and take those of its root. */
static int wait_id_maps(struct init *i)
{
	struct message in;
	long r;

	i->msg.type = MESSAGE_AT;
	i->msg.step = STEP_id_maps;
	r = SYS_6(__NR_sendto, i->report_fd, &i->msg, message_size(MESSAGE_AT), MSG_NOSIGNAL, 0, 0);
	if (r >= 0)
		r = sys_read(i->report_fd, &in, sizeof(in));
	if (r < 0)
		return guest_fail(&i->g, r, 0, "wait for the id mappings", NULL);
	if (r == 0)
		sys_exit(1);
	return become_root(i);
}

/*
 * Let go of what would keep HOST's death from being seen: its end of the socket, and the locked
 * state directory; and die with HOST from here on.
 */
static void leave_host(const struct run *r)
{
	sys_close(r->sock);
	follow_host(r->p->sock_fd);
	sys_close(r->state_fd);
	sys_close(r->root_fd);
}

struct birth {
	const struct run *r;
	int stub_fd, plan_fd;
	char plan_number[12];
};

/* Whether HOST has to do something for the child before it can execute the stub. */
static bool waits_for_host(const struct plan *p)
{
	return (p->ns.make & CLONE_NEWUSER) && !p->ns.bridge;
}

static void child(void *context)
{
	struct birth *b = context;
	const struct run *r = b->r;
	const struct plan *p = r->p;
	struct init i = { .p = p, .report_fd = p->sock_fd, .step = STEP_clone };
	char *argv[] = { (char *)(uintptr_t)INIT_NAME, b->plan_number, NULL };
	char *envp[] = { NULL };
	long e;

	i.g = (struct guest){ .base = p, .err = &i.msg.err };
	i.msg.err.step = -1;
	leave_host(r);
	if (waits_for_host(p) && wait_id_maps(&i) < 0)
		init_die(&i);
	e = keep_descriptors(p);
	keep(b->plan_fd, &e);
	if (e >= 0)
		e = SYS_5(__NR_execveat, b->stub_fd, "", argv, envp, AT_EMPTY_PATH);
	guest_fail(&i.g, e, 0, "execute the stub from memory", NULL);
	init_die(&i);
}

/*
 * The stub as a file to execute: a sealed memfd; where a policy refuses those, a file of the state
 * directory that has no name.
 */
static int unlinked_image(int state_fd, const void *data, size_t len)
{
	rl_autoclose int out = openat(state_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0500);
	char path[32];
	int r;

	if (out < 0)
		return -errno;
	r = fdio_write_full(out, data, len);
	/* What is open for writing cannot be executed. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", out);
	return r < 0 ? r : fdio_open_at(AT_FDCWD, path, O_RDONLY, 0);
}

static int stub_open(const struct run *r)
{
	size_t len = (size_t)(init_image_end - init_image_start);
	int fd = fdio_sealed(INIT_NAME, init_image_start, len, true);

	if (fd == -EACCES || fd == -EPERM || fd == -ENOSYS)
		fd = unlinked_image(r->state_fd, init_image_start, len);
	return fd < 0 ? rl_fail(r->e, fd, "keep the stub in memory") : fd;
}

static int sockets_open(struct run *r)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return rl_fail(r->e, -errno, "make the socket to the container's process");
	r->sock = ends[0];
	r->stub_sock = ends[1];
	if (r->p->live.what || r->p->at_once)
		return 0;
	r->start_fd = start_listen(r->state_fd);
	if (r->start_fd < 0)
		return rl_fail(r->e, r->start_fd, "make the socket for start");
	return 0;
}

/* The last words of the plan, and its sealed copy. */
static int plan_seal(struct run *r)
{
	int fd;

	r->p->sock_fd = r->stub_sock;
	r->p->start_fd = r->start_fd;
	r->p->trace = r->o && r->o->trace;
	r->p->fault_guest = fault_guest();
	r->p->fault_deny = fault_guest_denied();
	r->p->fault_weak = fault_guest_weak();
	for (int step = 0; step < STEPS; step++)
		if (steps_stage(step) != STEP_STAGE_HOST && run_is_fault(step))
			r->p->fault_step = step;
	fd = fdio_sealed("rundlet-plan", r->p, r->p->size, false);
	return fd < 0 ? rl_fail(r->e, fd, "keep the plan in memory") : fd;
}

/* The cgroup that the process is born in, or NULL. */
static const struct cgroup_dir *birth_cgroup(const struct plan *p)
{
	FLAT_EACH(p, p->cgroup.dirs, const struct cgroup_dir, c)
		if (c->v2 && c->join && c->dir_fd >= 0 && c->enter_fd < 0)
			return c;
	return NULL;
}

/*
 * As vfork(2) does, the child runs in our memory while we sleep, until it executes the stub: a copy
 * of it would cost more than all else of the clone. Handlers of the caller must not run in there.
 */
static pid_t start_process(struct birth *b, int *ret_pidfd)
{
	const struct plan *p = b->r->p;
	/* The cgroup namespace is made later, when the process is in its cgroup
	 * (cgroup_namespaces(7): its root is where the maker is); a bridge makes the namespaces
	 * itself. */
	uint64_t flags = p->ns.bridge ? 0 : p->ns.make & ~(uint64_t)CLONE_NEWCGROUP;
	uint64_t memory = waits_for_host(p) ? 0 : CLONE_VM | CLONE_VFORK;
	char stack[CHILD_STACK] __attribute__((aligned(16)));
	struct clone_args args = {
		.flags = flags | memory | CLONE_CLEAR_SIGHAND | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	const struct cgroup_dir *cgroup = birth_cgroup(p);

	long pid;

	RL_FAULT("start_process");
	if (cgroup) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup->dir_fd;
	}
	pid = guestthread_clone(&args, child, b);
	/* The child leaves its frames without a return, and to the sanitizer they are still there.
	 */
	ASAN_UNPOISON_MEMORY_REGION(stack, sizeof(stack));
	return (pid_t)pid;
}

/* What the kernel means when it does not let a process be born in the cgroup (clone(2)). */
static int clone_failed(struct run *r, int ret)
{
	static const struct {
		int code;
		const char *why;
	} whys[] = {
		{ -EAGAIN, "it or one above it has as many processes as it may (pids.max), or the "
			   "user or the system has" },
		{ -EBUSY, "it passes controllers on, and so can have no processes "
			  "(cgroup.subtree_control)" },
		{ -EOPNOTSUPP, "it or one above it is threaded (cgroup.type)" },
		{ -ENODEV, "it was removed meanwhile" },
	};
	const struct cgroup_dir *c = birth_cgroup(r->p);

	rl_fail(r->e, ret, "start the container's process in its new namespaces");
	for (size_t i = 0; c && i < RL_COUNT(whys); i++)
		if (whys[i].code == ret)
			rl_hint(r->e, "about its cgroup: %s: %s%s", whys[i].why,
				flat_get_str(r->p, c->mount), flat_get_str(r->p, c->path));
	if (ret == -EPERM && !(r->p->ns.make & CLONE_NEWUSER))
		rl_hint(r->e, "namespaces can be made by who has CAP_SYS_ADMIN, or in a user "
			      "namespace: have one in linux.namespaces");
	return ret;
}

int host_clone(struct run *r)
{
	rl_autoclose int plan_fd = -EBADF, stub_fd = -EBADF;
	struct birth b = { .r = r };
	pid_t pid;
	int ret = sockets_open(r);

	if (ret < 0)
		return ret;
	stub_fd = stub_open(r);
	if (stub_fd < 0)
		return stub_fd;
	plan_fd = plan_seal(r);
	if (plan_fd < 0)
		return plan_fd;
	b.stub_fd = stub_fd;
	b.plan_fd = plan_fd;
	snprintf(b.plan_number, sizeof(b.plan_number), "%d", plan_fd);
	pidfd_children_wait();
	r->has_others = pidfd_has_children();
	pid = start_process(&b, &r->pidfd);
	auto_close(&r->births);
	if (pid < 0)
		return clone_failed(r, pid);
	r->pid = pid;
	if (birth_cgroup(r->p))
		cgroup_entered(&r->p->cgroup);
	close(r->stub_sock);
	if (r->start_fd >= 0)
		close(r->start_fd);
	r->stub_sock = r->start_fd = -EBADF;
	console_close(r->p);
	listener_close(r->p);
	return 0;
}

/*
 * A process that was killed while it handed over has left a child of ours that we have no pid of.
 * It ends with our socket; and as a zombie it would keep its pid namespace from ending for as long
 * as its next parent does not look.
 */
static void end_unknown(struct run *r)
{
	if (!r->handovers)
		return;
	close(r->sock);
	r->sock = -EBADF;
	if (!r->has_others)
		pidfd_reap_all();
}

void host_clone_undo(struct run *r)
{
	struct rl_err ignored = RL_ERR_INIT;
	int status;

	if (r->pidfd < 0)
		return;
	syscall(__NR_pidfd_send_signal, r->pidfd, SIGKILL, NULL, 0);
	/* Frozen, on version 1? Nobody resumes a container that has ended. As long as our process
	 * is in the cgroup, it is the same one. */
	if (r->joined && pidfd_wait(r->first_fd, 0) && !pidfd_wait(r->pidfd, DYING_MS))
		cgroup_thaw_killed(r->joined, &ignored);
	pidfd_reap(r->pidfd, &status);
	close(r->pidfd);
	r->pidfd = -EBADF;
	r->pid = 0;
	end_unknown(r);
}
