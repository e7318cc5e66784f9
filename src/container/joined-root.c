/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root that a container has on top of that of a mount namespace which it joins: it stays there
 * when the container's processes are gone, in the way of all who come after it.
 */
#include "container/joined-root.h"

#include "base/auto.h"
#include "base/log.h"
#include "os/inside.h"
#include "os/nsfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int joined_root_record(const struct plan *p, struct record *rec)
{
	FLAT_EACH(p, p->ns.joins, const struct namespace_join, j) {
		rl_autoclose int fd = -EBADF;

		if (j->flag != CLONE_NEWNS)
			continue;
		fd = nsfile_open(flat_get_str(p, j->path));
		/* The step that opens it says what is wrong with it. */
		if (fd < 0 || nsfile_type(fd) != CLONE_NEWNS)
			return 0;
		rec->mountns = (char *)(uintptr_t)flat_get_str(p, j->path);
		rec->has_mountns_number = true;
		return nsfile_number(fd, &rec->mountns_number);
	}
	return 0;
}

struct top {
	int ns_fd;
	struct stat root; /* of the container */
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* setns(2) leads to what is on top. What we find there is removed, if it is the container's root.
 */
static int remove_top(void *context)
{
	const struct top *t = context;
	struct stat st;

	if (setns(t->ns_fd, CLONE_NEWNS) < 0 || stat("/", &st) < 0)
		return -errno;
	if (!is_same(&st, &t->root))
		return 0;
	/* -EINVAL: it is the namespace's own, with nothing below. */
	return umount2("/", MNT_DETACH) < 0 && errno != EINVAL ? -errno : 0;
}

void joined_root_remove(const struct record *rec)
{
	rl_autoclose int fd =
		rec->mountns && rec->has_mountns_number ? nsfile_open(rec->mountns) : -EBADF;
	struct top t = { .ns_fd = fd };
	struct stat ours;
	uint64_t number;
	int r;

	if (fd < 0 || nsfile_number(fd, &number) < 0 || number != rec->mountns_number)
		return;
	if (stat("/", &ours) < 0 || stat(rec->rootfs, &t.root) < 0)
		r = -errno;
	else if (is_same(&ours, &t.root))
		return; /* it cannot be told from the namespace's own, which is to stay */
	else
		r = inside_run(0, remove_top, &t);
	if (r == -ECHILD) /* its process was killed, for want of memory */
		r = inside_run(0, remove_top, &t);
	if (r < 0)
		log_warn(
			"the root of the container stays in the mount namespace \"%s\": %s, ignoring",
			rec->mountns, strerror(-r));
}
