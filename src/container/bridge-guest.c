/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BRIDGE: where one clone3(2) cannot do. A process that joins a time namespace stays outside
 * itself, only its children are in; and what belongs to the caller's user namespace must be joined
 * before the container's is entered.
 */
#include "container/init.h"

#include <linux/fcntl.h>
#include <linux/sched.h>

static int time_namespace(struct init *i)
{
	const char *text = flat_get_str(i->g.base, i->p->ns.time_offsets);
	long fd, r;

	r = SYS_1(__NR_unshare, CLONE_NEWTIME);
	if (r < 0)
		return guest_fail(&i->g, r, 0, "make a time namespace", NULL);
	fd = r = sys_openat(AT_FDCWD, "/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0) {
		r = sys_write((int)fd, text, sys_strlen(text));
		sys_close((int)fd);
	}
	if (r < 0 && !i->g.err->code)
		sys_append(i->g.err->where, sizeof(i->g.err->where), "linux.timeOffsets");
	return r < 0 ? guest_fail(&i->g, r, 0, "write the offsets of the time namespace", NULL) : 0;
}

static bool joins_user(const struct init *i)
{
	FLAT_EACH(i->g.base, i->p->ns.joins, const struct namespace_join, j)
		if (j->flag == CLONE_NEWUSER)
			return true;
	return false;
}

/* Who has no rights over the caller's user namespace makes the time namespace in the new one. */
static int user_namespace(struct init *i, uint64_t *make)
{
	long r;

	if (!i->p->ns.without_rights || !(*make & CLONE_NEWUSER))
		return 0;
	r = SYS_1(__NR_unshare, CLONE_NEWUSER);
	if (r < 0)
		return guest_fail(&i->g, r, 0, "make a user namespace", NULL);
	*make &= ~(uint64_t)CLONE_NEWUSER;
	return 0;
}

/* See pid-enter-guest.c: joined by the caller's rights, before these are given up. */
static int join_pid_and_make(struct init *i, uint64_t make)
{
	int r = handover_clone(i, 0);
	long made;

	if (r == 0)
		r = pid_enter_join(i);
	if (r < 0)
		return r;
	made = SYS_1(__NR_unshare, make);
	return made < 0 ? guest_fail(&i->g, made, 0, "make the namespaces", NULL) : 0;
}

int bridge_run(struct init *i)
{
	const struct namespaces_plan *ns = &i->p->ns;
	const bool pid = steps_needed(i->p, STEP_pid_enter);
	uint64_t make = ns->make & ~(uint64_t)CLONE_NEWCGROUP;
	int r;

	if (ns->time_offsets) {
		r = user_namespace(i, &make);
		if (r == 0)
			r = time_namespace(i);
		if (r < 0)
			return r;
		make &= ~(uint64_t)CLONE_NEWTIME;
	}
	r = namespaces_join(&i->g, ns, ~(uint32_t)(CLONE_NEWNS | CLONE_NEWPID));
	if (r == 0)
		r = pid && make & CLONE_NEWUSER ? join_pid_and_make(i, make) :
						  handover_clone(i, make);
	/* The ids of a joined user namespace are mapped already; of a new one HOST maps them next.
	 */
	return r == 0 && joins_user(i) ? become_root(i) : r;
}
