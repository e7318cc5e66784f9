/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stub in a container that exists: enters its namespaces. For mounts it adds or removes them
 * then, and ends: it stays outside of the container's pid namespace, and cannot be traced, so
 * nobody in there can look at it or take its descriptors. For exec the rows go on.
 */
#include "container/init.h"

#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/stat.h>

/* Whether we are in the namespace that HOST has looked at. 0 or a negative errno. */
static long check_number(const struct init *i, const char *path, uint64_t number)
{
	struct statx st;
	long r = SYS_5(__NR_statx, i->g.proc_fd, path, 0, STATX_INO, &st);

	if (r < 0)
		return r;
	return st.stx_ino == number ? 0 : -ESTALE;
}

/* In a mount namespace that the container joined setns(2) leads to the root of who lives there. */
static int enter_root(struct init *i)
{
	const int fd = i->p->live.root_fd;
	int r;

	if (fd < 0)
		return 0;
	r = root_enter(fd);
	sys_close(fd);
	return r < 0 ? guest_fail(&i->g, r, 0, "enter the container's root", NULL) : 0;
}

/*
 * One call for all, because which right each needs depends on the others: the host's root needs the
 * caller's for a network namespace of the host, an unprivileged user those of the user namespace.
 * The container's process chooses what we land in: it may have changed its namespaces since HOST
 * looked.
 */
int live_enter(struct init *i)
{
	const struct live_plan *live = &i->p->live;
	long r = live->join ? SYS_2(__NR_setns, live->pidfd, live->join) : 0;

	if (r == -ESRCH)
		return guest_whole(&i->g, r, 0, "container not running");
	/* With a change of credentials the kernel sets it to what fs.suid_dumpable says. */
	if (r == 0)
		r = guest_hide();
	if (r == 0)
		r = check_number(i, "self/ns/mnt", live->mount_number);
	if (r == 0)
		r = check_number(i, "self/ns/user", live->user_number);
	if (r < 0)
		return guest_fail(&i->g, r, 0, "enter the namespaces of the container", NULL);
	r = live->join & CLONE_NEWUSER ? become_root(i) : 0;
	return r < 0 ? (int)r : enter_root(i);
}

static int open_root(struct init *i)
{
	i->g.root_fd = (int)sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	return i->g.root_fd < 0 ?
		       guest_fail(&i->g, i->g.root_fd, 0, "open the container's root", NULL) :
		       0;
}

void live_run(struct init *i)
{
	int r = live_enter(i);

	if (r == 0)
		r = open_root(i);
	if (r < 0)
		init_die(i);
	/* All or nothing, also when HOST is killed meanwhile. */
	sys_raw(__NR_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0, 0);
	r = i->p->live.what == LIVE_ADD ? livemounts_add(&i->g, &i->p->root) :
					  livemounts_remove(&i->g, &i->p->root);
	if (r < 0)
		init_die(i);
	i->msg.type = MESSAGE_AT;
	i->msg.step = STEPS;
	/* No fault point: it is done, whether somebody hears of it or not. */
	sys_raw(__NR_sendto, i->report_fd, SYS_P(&i->msg), (long)message_size(MESSAGE_AT),
		SYS_MSG_NOSIGNAL, 0, 0);
	sys_exit(0);
}
