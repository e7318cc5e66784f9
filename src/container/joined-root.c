/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root that a container has on top of that of a mount namespace which it joins: it stays there
 * when the container's processes are gone, in the way of all who come after it.
 */
#include "container/joined-root.h"

#include "base/auto.h"
#include "base/log.h"
#include "os/inside.h"
#include "os/libc.h"
#include "os/nsfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MNT_ID_UNIQUE 0x4000U /* STATX_MNT_ID_UNIQUE: no later mount has it (Linux 6.8) */

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

/* The id of a mount, which keeps it when it is attached. 0 or a negative errno. */
static int mount_id(int fd, const char *path, uint64_t *ret)
{
	struct statx st;

	if (statx(fd, path, AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID | MNT_ID_UNIQUE, &st) < 0)
		return -errno;
	*ret = st.stx_mnt_id;
	return 0;
}

int joined_root_identify(int root_fd, struct record *rec)
{
	int r = mount_id(root_fd, "", &rec->mountns_root);

	rec->has_mountns_root = r == 0;
	return r;
}

struct top {
	int ns_fd;
	uint64_t id; /* of the container's root */
};

/* setns(2) leads to what is on top. It is removed, if it is the container's root. */
static int remove_top(void *context)
{
	const struct top *t = context;
	uint64_t id;
	int r = setns(t->ns_fd, CLONE_NEWNS) < 0 ? -errno : mount_id(AT_FDCWD, "/", &id);

	if (r < 0 || id != t->id)
		return r;
	return umount2("/", MNT_DETACH) < 0 ? -errno : 0;
}

void joined_root_remove(const struct record *rec)
{
	rl_autoclose int fd = rec->mountns && rec->has_mountns_number && rec->has_mountns_root ?
				      nsfile_open(rec->mountns) :
				      -EBADF;
	struct top t = { .ns_fd = fd, .id = rec->mountns_root };
	uint64_t number;
	int r;

	if (fd < 0 || nsfile_number(fd, &number) < 0 || number != rec->mountns_number)
		return;
	r = inside_run(0, remove_top, &t);
	if (r == -ECHILD) /* its process was killed, for want of memory */
		r = inside_run(0, remove_top, &t);
	if (r < 0)
		log_warn(
			"the root of the container stays in the mount namespace \"%s\": %s, ignoring",
			rec->mountns, strerror(-r));
}
