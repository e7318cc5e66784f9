/* SPDX-License-Identifier: Apache-2.0 */
/* The stub's main line: maps the plan and runs the rows of steps.def that are the stub's. */
#include "container/fdpass.h"
#include "container/init.h"
#include "os/closerange.h"
#include "os/guestkey.h"

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>

/* Whoever has a private mount last waits, as he closes it, for the kernel's readers (RCU): HOST
 * does so while we go on. */
static long send_with_spent(struct init *i)
{
	long r = fdpass_send(i->report_fd, &i->msg, message_size(i->msg.type), i->spent_fd);

	sys_close(i->spent_fd);
	i->spent_fd = -EBADF;
	return r;
}

static int send_message(struct init *i, uint32_t type, int step)
{
	long r;

	i->msg.type = type;
	i->msg.step = step;
	/* The user of the process may have too many descriptors on their way. */
	if (i->spent_fd >= 0 && type != MESSAGE_STEP && send_with_spent(i) >= 0)
		return 0;
	r = SYS_6(__NR_sendto, i->report_fd, &i->msg, message_size(type), SYS_MSG_NOSIGNAL, 0, 0);
	return r < 0 ? guest_fail(&i->g, r, 0, "report to rundlet", NULL) : 0;
}

/* Tell HOST that it is its turn, and wait until it is ours again. */
static int take_turns(struct init *i, int step)
{
	struct message in;
	long r = send_message(i, MESSAGE_AT, step);

	if (r < 0)
		return (int)r;
	r = sys_read(i->report_fd, &in, sizeof(in));
	if (r == 0)
		sys_exit(1); /* HOST is gone, and so is the container */
	if (r < (long)message_size(MESSAGE_GO) || in.type != MESSAGE_GO)
		return guest_fail(&i->g, r < 0 ? r : -EPROTO, 0, "hear from rundlet", NULL);
	i->pid = (uint32_t)in.pid;
	return 0;
}

/* Made in our own pid namespace, while the mount namespace is still the host's: nothing that a
 * container could have mounted is in the way (CVE-2025-52881). */
static long mount_procfs(void)
{
	long fs = SYS_2(__NR_fsopen, "proc", FSOPEN_CLOEXEC), r = fs;

	if (fs < 0)
		return fs;
	r = SYS_5(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (r >= 0)
		r = SYS_3(__NR_fsmount, fs, FSMOUNT_CLOEXEC,
			  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	sys_close((int)fs);
	return r;
}

static long open_procfs(void)
{
	long statfs[16] = { 0 };
	long r = sys_openat(AT_FDCWD, "/proc", O_PATH | O_CLOEXEC | O_DIRECTORY, 0);

	if (r >= 0 && (SYS_2(__NR_fstatfs, r, statfs) < 0 || statfs[0] != PROC_SUPER_MAGIC))
		r = -EXDEV;
	return r;
}

static int guest_procfs(struct init *i)
{
	struct guest *g = &i->g;
	long r;

	/* A helper of who has joined would be in there at once; and no procfs that belongs to
	 * another user namespace can be mounted from ours. */
	if (steps_needed(i->p, STEP_pid_enter) && !i->pid_joined)
		g->open_proc = pid_enter_fsopen;

	/* Who enters a container asks only after itself, and the end of a mount takes the kernel
	 * long (RCU): that of the host serves, checked to be one. So it does in a user namespace
	 * whose pid namespace is not its own, where none can be mounted. */
	r = i->p->live.what ? -EPERM : mount_procfs();
	if (r == -EPERM)
		r = open_procfs();
	if (r < 0)
		return guest_fail(g, r, 0, "mount a private procfs, or open that of the host",
				  NULL);
	g->proc_fd = (int)r;
	return 0;
}

static int guest_cgroupns(struct init *i)
{
	long r = SYS_1(__NR_unshare, CLONE_NEWCGROUP);

	return r < 0 ? guest_fail(&i->g, r, 0, "make a cgroup namespace", NULL) : 0;
}

static int guest_join(struct init *i)
{
	/* A bridge has joined everything but the mount namespace; of pid, see pid-enter-guest.c. */
	return namespaces_join(&i->g, &i->p->ns,
			       i->p->ns.bridge ? CLONE_NEWNS : ~(uint32_t)CLONE_NEWPID);
}

/* What HOST does for others, this process can do only as long as it is the caller's. */
static int guest_container_enter(struct init *i)
{
	int r = 0;

	if (i->p->ns.without_rights)
		r = oom_set(&i->g, &i->p->process);
	if (r == 0)
		r = (int)guest_hide();
	return r < 0 ? guest_fail(&i->g, r, 0, "protect the process", NULL) : live_enter(i);
}

/* "In the container's namespaces": in its pid namespace, too. */
static int guest_create_container(struct init *i)
{
	int r = pid_enter_join(i);

	return r < 0 ? r : hooks_run(i, HOOK_CREATE_CONTAINER);
}

static int guest_exec_find(struct init *i)
{
	int r;

	if (i->p->root.in_userns)
		user_look(&i->g);
	r = cwd_enter(&i->g, &i->p->process);

	if (r == 0)
		r = exec_find(&i->g, &i->p->process);
	if (r < 0)
		return r;
	home_find(&i->p->process);
	r = pid_enter_join(i);
	return r == 0 ? pid_enter_drop(i) : r;
}

/* The last that we can say for sure: a filter judges our calls too, so after it comes execve alone.
 */
static int guest_exec_prepare(struct init *i)
{
	int r = exec_prepare(&i->g, &i->p->process);

	if (r < 0)
		return r;
	i->trace = 0;
	i->msg.t0 = sys_now();
	return send_message(i, MESSAGE_EXEC, i->step);
}

static int guest_filter(struct init *i)
{
	int r = listener_ready(i);

	if (r == 0)
		r = filter_load(&i->g, &i->p->security);
	if (r < 0)
		return r;
	listener_give(i, r);
	return 0;
}

/* One message with one descriptor, as engines expect it; the text is what runc says. */
static int guest_console_make(struct init *i)
{
	int master, r = console_make(&i->g, &i->p->console, &master);
	long sent;

	if (r < 0)
		return r;
	sent = fdpass_send(i->p->console.sock_fd, "/dev/ptmx", 9, master);
	sys_close(master);
	sys_close(i->p->console.sock_fd);
	return sent < 0 ? guestkey_fail(&i->g, sent, "process.terminal",
					"send the terminal to the console socket", NULL) :
			  0;
}

#define ROOM(name, call)                \
	static int name(struct init *i) \
	{                               \
		return call;            \
	}
ROOM(guest_cgroup_enter, cgroup_enter(&i->g, &i->p->cgroup))
ROOM(guest_resctrl_enter, rdt_enter(&i->g, &i->p->rdt))
ROOM(guest_keyring, keyring_join(&i->g, &i->p->security))
ROOM(guest_labels, label_set(&i->g, &i->p->security))
ROOM(guest_loopback, loopback_up(&i->g, &i->p->ns))
ROOM(guest_uts, uts_set(&i->g, &i->p->ns))
ROOM(guest_root_private, root_private(&i->g, &i->p->root))
ROOM(guest_root_attach, root_attach(&i->g, &i->p->root))
ROOM(guest_mounts, mounts_attach(&i->g, &i->p->root))
ROOM(guest_devices, devices_make(&i->g, &i->p->root))
ROOM(guest_sysctl, sysctl_write(&i->g, &i->p->ns))
ROOM(guest_pivot, root_pivot(&i->g, &i->p->root))
ROOM(guest_masks, masks_apply(&i->g, &i->p->root))
ROOM(guest_root_seal, root_seal(&i->g, &i->p->root))
ROOM(guest_wait_start, start_wait(i))
ROOM(guest_start_container, hooks_run(i, HOOK_START_CONTAINER))
ROOM(guest_rlimits, rlimits_set(&i->g, &i->p->process))
ROOM(guest_personality, personality_set(&i->g, &i->p->process))
ROOM(guest_memory_policy, mempolicy_set(&i->g, &i->p->process.memory))
ROOM(guest_console_take, console_take(&i->g))
ROOM(guest_caps_bound, caps_bound(&i->g, &i->p->security))
ROOM(guest_user_set, user_set(&i->g, &i->p->process))
ROOM(guest_caps_set, caps_set(&i->g, &i->p->security))
ROOM(guest_nnp, nnp_set(&i->g, &i->p->security))
ROOM(guest_landlock, landlock_enter(&i->g, &i->p->security))
ROOM(guest_exec, exec_run(&i->g, &i->p->process))
#undef ROOM

static int run_step(struct init *i, int step)
{
	switch (step) {
#define STEP_HOST(name, run)
#define STEP_BRIDGE(name, run) \
	case STEP_##name:      \
		return run(i);
#define STEP_GUEST(name, run) \
	case STEP_##name:     \
		return run(i);
#define STEP(name, stage, when, run, undo, clause, sentence) STEP_##stage(name, run)
#include "container/steps.def"
#undef STEP
#undef STEP_GUEST
#undef STEP_BRIDGE
#undef STEP_HOST
	default:
		return 0;
	}
}

/* A fault in waiting comes after it: before, nobody is there to hear of it. */
static bool is_fault(const struct init *i, bool waited)
{
	return i->step == i->p->fault_step && waited == (i->step == STEP_wait_start);
}

static void run_timed(struct init *i, int step)
{
	i->step = step;
	i->msg.t0 = i->trace ? sys_now() : 0;
	if (is_fault(i, false) || run_step(i, step) < 0 || is_fault(i, true)) {
		guest_fail(&i->g, -EIO, 0, "pass the fault point of this step", NULL);
		init_die(i);
	}
	/* exec_prepare ends the trace: a filter may not let more be said. */
	if (i->trace) {
		i->msg.t1 = sys_now();
		if (send_message(i, MESSAGE_STEP, step) < 0)
			init_die(i);
	}
}

/* The turn in which the record becomes "created": until GO a HOST that dies is seen as the end of
 * its messages, after GO we outlive it. */
static bool will_outlive(int step)
{
	return step > STEP_exec_find && step <= STEP_created;
}

static int outlive_host(struct init *i)
{
	long r = SYS_2(__NR_prctl, PR_SET_PDEATHSIG, 0);

	return r < 0 ? guest_fail(&i->g, r, 0, "outlive rundlet", NULL) : 0;
}

static void run_rows(struct init *i)
{
	const struct plan *p = i->p;
	bool asked = false;

	/* Without a BRIDGE our ids were mapped before this program was executed (clone-host.c). */
	for (int step = p->ns.bridge ? STEP_bridge : STEP_id_maps + 1; step < STEPS; step++) {
		if (!steps_needed(p, step))
			continue;
		if (steps_stage(step) != STEP_STAGE_HOST) {
			asked = false;
			run_timed(i, step);
			continue;
		}
		if (asked)
			continue;
		asked = true;
		i->step = step;
		if ((will_outlive(step) && outlive_host(i) < 0) || take_turns(i, step) < 0)
			init_die(i);
		/* The BRIDGE hands over to a process whose ids HOST has mapped by now. */
		if (step == STEP_id_maps && become_root(i) < 0)
			init_die(i);
	}
}

static int begin(struct init *i)
{
	long r;

	follow_host(i->report_fd);
	/*
	 * No process of the container may look into us before execve. But a BRIDGE could not write
	 * to its own files in /proc then, nor HOST to them, if they are not root: become_root()
	 * does it for these, and guest_container_enter() for exec. Until then nobody else is in
	 * our user namespace.
	 */
	r = (i->p->ns.bridge || i->p->live.what == LIVE_EXEC) && i->p->ns.without_rights ?
		    0 :
		    guest_hide();
	/* For all that is executed; and a caller that ignores SIGCHLD would hide from us how hooks
	 * end. */
	if (r >= 0)
		r = exec_signals_reset(&i->p->process);
	/* Everything that the caller leaked, or that is ours, ends at execve. */
	if (r >= 0)
		r = closerange_cloexec(AT_FDCWD, 3 + i->p->process.preserve_fds);
	if (r < 0)
		return guest_fail(&i->g, r, 0, "protect the container's process", NULL);
	sys_raw(__NR_prctl, PR_SET_NAME, SYS_P(INIT_NAME), 0, 0, 0, 0);
	i->umask = (uint32_t)sys_raw(__NR_umask, 0, 0, 0, 0, 0, 0);
	sys_raw(__NR_setsid, 0, 0, 0, 0, 0, 0);
	return 0;
}

void init_run(int plan_fd)
{
	struct init i = { 0 };
	long size = sys_raw(__NR_lseek, plan_fd, 0, SYS_SEEK_END, 0, 0, 0);
	long map = sys_raw(__NR_mmap, 0, size, SYS_PROT_READ, SYS_MAP_PRIVATE, plan_fd, 0);

	if (size < (long)sizeof(struct plan) || (map < 0 && map > -4096))
		sys_exit(120);
	i.p = (const struct plan *)map;
	if (i.p->magic != PLAN_MAGIC || i.p->size != size)
		sys_exit(121);
	sys_close(plan_fd);
	i.g = (struct guest){
		.base = i.p,
		.err = &i.msg.err,
		.root_fd = -EBADF,
		.proc_fd = -EBADF,
	};
	i.spent_fd = -EBADF;
	i.msg.err.step = -1;
	i.step = STEP_clone;
	i.report_fd = i.p->sock_fd;
	i.trace = i.p->trace;
#ifdef RL_FAULTS
	sys_fault_countdown = i.p->fault_guest;
	sys_fault_denied = i.p->fault_deny;
	sys_fault_weak = i.p->fault_weak;
#endif
	if (begin(&i) < 0)
		init_die(&i);
	if (i.p->live.what == LIVE_ADD || i.p->live.what == LIVE_REMOVE) {
		i.step = -1;
		if (guest_procfs(&i) < 0)
			init_die(&i);
		live_run(&i);
	}
	run_rows(&i);
	sys_exit(122); /* exec_run() does not return */
}
