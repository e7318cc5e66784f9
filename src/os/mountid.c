/* SPDX-License-Identifier: Apache-2.0 */
/* Tells mounts from each other; see mountid.h. */
#include "os/mountid.h"

#include "base/fault.h"
#include "os/libc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the headers of older systems do not have (Linux 6.8). */
#define MNT_ID_UNIQUE 0x4000U /* STATX_MNT_ID_UNIQUE */
#define SYS_STATMOUNT 457
#define REPLY_WORDS   64 /* struct statmount */

/* struct mnt_id_req of the kernel, in its first version. */
struct request {
	uint32_t size;
	uint32_t unused;
	uint64_t id;
	uint64_t what; /* nothing: whether it is there is the answer */
};

/* ask: STATX_MNT_ID or its successor, which share a field. */
static int stat_with(int fd, unsigned int ask, struct statx *ret)
{
	const int flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;

	return statx(fd, "", flags, STATX_INO | ask, ret) < 0 ? -errno : 0;
}

static int get_unique(int fd, uint64_t *ret)
{
	struct statx st = { 0 };
	int r = fault_is_denied("mnt_id_unique") ? 0 : stat_with(fd, MNT_ID_UNIQUE, &st);

	*ret = st.stx_mask & MNT_ID_UNIQUE ? st.stx_mnt_id : 0;
	return r;
}

static int look(int fd, struct mountid *ret, bool *ret_is_root)
{
	struct statx st;
	int r;

	r = stat_with(fd, STATX_MNT_ID, &st);
	if (r < 0)
		return r;
	if (!(st.stx_mask & STATX_MNT_ID) || !(st.stx_mask & STATX_INO))
		return -EOPNOTSUPP;
	ret->id = st.stx_mnt_id;
	ret->device = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
	ret->inode = st.stx_ino;
	*ret_is_root = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	return get_unique(fd, &ret->unique);
}

int mountid_get(int fd, struct mountid *ret)
{
	struct mountid found;
	bool is_root;
	int r;

	RL_FAULT("mountid_get");
	r = look(fd, &found, &is_root);
	if (r < 0)
		return r;
	if (!is_root)
		return -EINVAL;
	*ret = found;
	return 0;
}

int mountid_is(int fd, const struct mountid *m)
{
	struct mountid found;
	bool is_root;
	int r;

	RL_FAULT("mountid_is");
	r = look(fd, &found, &is_root);
	if (r < 0)
		return r;
	return is_root && found.id == m->id && found.unique == m->unique &&
	       found.device == m->device && found.inode == m->inode;
}

int mountid_exists(const struct mountid *m)
{
	const struct request request = { .size = sizeof(request), .id = m->unique };
	uint64_t reply[REPLY_WORDS];

	RL_FAULT("mountid_exists");
	if (!m->unique)
		return -EOPNOTSUPP;
	if (syscall(SYS_STATMOUNT, &request, reply, sizeof(reply), 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}
