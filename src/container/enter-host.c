/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the namespaces of a container that exists; see enter.h. */
#include "container/enter.h"

#include "base/auto.h"
#include "container/joined-root.h"
#include "os/nsfile.h"
#include "os/pidfd.h"
#include "process/process.h"
#include "spec/lookup.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

int enter_not_running(struct rl_err *e)
{
	return rl_whole(e, -ESRCH, "container not running");
}

/*
 * 1 or 0, or a negative errno. One that was made for the container is a child of ours; one that it
 * joined is at its path, or a child of ours too.
 */
static int is_its_own(const struct enter *n, const struct record *rec,
		      const struct oci_config *stored)
{
	const struct oci_namespace *user = lookup_namespace(stored->linux_, "user");
	rl_autoclose int parent = -EBADF;

	if (!user && !rec->userns_added)
		return !(n->join & CLONE_NEWUSER);
	if (user && lookup_is_joined(user) && nsfile_same(n->user_fd, user->path) > 0)
		return 1;
	parent = nsfile_parent(n->user_fd);
	if (parent < 0)
		return parent == -EPERM ? 0 : parent;
	return nsfile_same(parent, "/proc/self/ns/user");
}

/*
 * The process may have entered a user namespace of its own making, in which it can do more than its
 * configuration lets it: change the options of what is mounted there.
 */
static int check_owner(const struct enter *n, const struct record *rec,
		       const struct oci_config *stored, struct rl_err *e)
{
	int r = is_its_own(n, rec, stored);

	if (r < 0)
		return rl_fail(e, r, "look at the user namespace of the container");
	if (r == 0)
		return rl_whole(e, -EPERM,
				"the container's process has left the namespaces that were made "
				"for it: those of its own are not entered");
	return 0;
}

/* Opened, it stays so: as long as it is, its number is its alone. */
static int look_at_kept(const char *path, const char *own, int *ret_fd)
{
	rl_autoclose int fd = nsfile_open(path);
	int same = fd < 0 ? fd : nsfile_same(fd, own);

	if (same >= 0)
		*ret_fd = RL_TAKE_FD(fd);
	return same;
}

static int look_at(struct enter *n, pid_t pid, const struct namespace_kind *k)
{
	char path[40], own[40];
	int same;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, k->file);
	snprintf(own, sizeof(own), "/proc/self/ns/%s", k->file);
	if (k->flag == CLONE_NEWNS)
		same = look_at_kept(path, own, &n->mount_fd);
	else if (k->flag == CLONE_NEWPID)
		same = look_at_kept(path, own, &n->pid_fd);
	else
		same = nsfile_same_at(path, own);
	/* A kernel without time namespaces. */
	if (same == -ENOENT && k->flag == CLONE_NEWTIME)
		return 0;
	if (same == 0)
		n->join |= k->flag;
	else if (k->flag == CLONE_NEWPID)
		auto_close(&n->pid_fd);
	return same < 0 ? same : 0;
}

/* The one that the mount namespace belongs to: in another the process has no mounts. */
static int look_at_user(struct enter *n)
{
	int same;

	n->join &= ~(uint32_t)CLONE_NEWUSER;
	n->user_fd = nsfile_owner(n->mount_fd);
	if (n->user_fd < 0)
		return n->user_fd;
	same = nsfile_same(n->user_fd, "/proc/self/ns/user");
	/* Joining the one that one is in is no success. */
	if (same == 0)
		n->join |= CLONE_NEWUSER;
	return same < 0 ? same : 0;
}

/* In a mount namespace that it joined: kept, too, because the process can end. */
static int look_at_root(struct enter *n, const struct record *rec, const struct oci_config *stored)
{
	const struct oci_namespace *mount = lookup_namespace(stored->linux_, "mount");

	if (!mount || !lookup_is_joined(mount))
		return 0;
	n->root_fd = rec->mountns ? joined_root_open(rec) : -ENODATA;
	return n->root_fd < 0 ? n->root_fd : 0;
}

static int root_failed(struct rl_err *e, int r)
{
	if (r == -EXDEV)
		return rl_whole(e, r,
				"the container's process has another root than the one that was "
				"made for it: that is not entered");
	return rl_fail(e, r, "look at the container's root");
}

int enter_open(struct enter *n, const struct record *rec, const struct oci_config *stored,
	       struct rl_err *e)
{
	int r = 0, root = look_at_root(n, rec, stored);

	for (const struct namespace_kind *k = namespaces_kinds; k->word && r == 0; k++)
		r = look_at(n, (pid_t)rec->pid, k);
	/* The paths led to our process, if that has not ended since. */
	if (pidfd_wait(n->pidfd, 0))
		return enter_not_running(e);
	if (root < 0)
		return root_failed(e, root);
	if (r == 0)
		r = look_at_user(n);
	if (r < 0)
		return rl_fail(e, r, "look at the namespaces of the container");
	return check_owner(n, rec, stored, e);
}

void enter_done(struct enter *n)
{
	auto_close(&n->pidfd);
	auto_close(&n->mount_fd);
	auto_close(&n->user_fd);
	auto_close(&n->pid_fd);
	auto_close(&n->root_fd);
}

int enter_plan(const struct enter *n, uint32_t which, struct live_plan *ret, struct rl_err *e)
{
	int r = nsfile_number(n->mount_fd, &ret->mount_number);

	if (r >= 0)
		r = nsfile_number(n->user_fd, &ret->user_number);
	ret->join = n->join & which;
	ret->pidfd = n->pidfd;
	ret->root_fd = n->root_fd;
	return r < 0 ? rl_fail(e, r, "look at the namespaces of the container") : 0;
}
