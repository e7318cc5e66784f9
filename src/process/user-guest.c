/* SPDX-License-Identifier: Apache-2.0 */
/* Becomes the user of the payload; see credentials(7). */
#include "process/process.h"

#include "os/guestkey.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>

#define USER_KEEP (-1L)

/*
 * Give a standard stream to the user if it is a pipe or socket: these are ours, made by the engine
 * for this container, and programs re-open them by /dev/stdout. Never a file or a device: it may be
 * the host's (CVE-2026-88265). A failure means that the owner is not in our user namespace, and
 * that nothing is to be done.
 */
static void stream_give(int fd, uint32_t uid)
{
	struct statfs fs;
	struct statx st;

	if (SYS_2(__NR_fstatfs, fd, &fs) < 0)
		return;
	if (fs.f_type != PIPEFS_MAGIC && fs.f_type != SOCKFS_MAGIC && !SYS_WEAK(stream_owner))
		return;
	if (SYS_5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_UID, &st) < 0 || st.stx_uid == uid)
		return;
	SYS_3(__NR_fchown, fd, uid, USER_KEEP);
}

/* Whether this user namespace does not let anybody change groups. */
static int groups_denied;

void user_look(const struct guest *g)
{
	char text[8] = "";
	long fd = sys_openat(g->proc_fd, "self/setgroups", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	groups_denied = sys_read((int)fd, text, sizeof(text)) > 0 && text[0] == 'd';
	sys_close((int)fd);
}

static int groups_set(const struct guest *g, const struct process_plan *p)
{
	const char *key = p->groups.n ? "process.user.additionalGids" : NULL;
	long r;

	if (!p->set_groups)
		return 0;
	r = SYS_2(__NR_setgroups, p->groups.n, flat_get(g->base, p->groups.off));
	if (r == -EPERM && !p->groups.n && groups_denied)
		return 0;
	if (r < 0)
		guestkey_fail(g, r, key, "set the groups of the process", NULL);
	if (r == -EPERM && groups_denied)
		guestkey_hint(g, "the user namespace was made by a user without privilege, and "
				 "lets nobody change groups: leave them out");
	return r < 0 ? (int)r : 0;
}

int user_set(struct guest *g, const struct process_plan *p)
{
	long r;

	/* Before the user changes, because the user may be nobody. */
	for (int fd = 0; fd <= 2; fd++)
		stream_give(fd, p->uid);
	sys_raw(__NR_umask, p->umask, 0, 0, 0, 0, 0); /* has no failure */
	r = groups_set(g, p);
	if (r < 0)
		return (int)r;
	r = SYS_3(__NR_setresgid, p->gid, p->gid, p->gid);
	if (r < 0)
		return guestkey_fail(g, r, "process.user.gid", "set the group of the process",
				     NULL);
	r = SYS_3(__NR_setresuid, p->uid, p->uid, p->uid);
	if (r < 0)
		return guestkey_fail(g, r, "process.user.uid", "set the user of the process", NULL);
	return cwd_again(g, p);
}
