/* SPDX-License-Identifier: Apache-2.0 */
/* Sets attributes of security modules by lsm_set_self_attr(2), or through procfs; see lsmattr.h. */
#include "os/lsmattr.h"

#include "os/sys.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>

/* Linux 6.8: newer than the headers that we build with. The same on every architecture. */
#ifndef __NR_lsm_set_self_attr
#define __NR_lsm_set_self_attr 460
#endif
#define ID_SELINUX     101
#define ID_APPARMOR    104
#define ATTR_EXEC      101
#define ATTR_KEYCREATE 103

/* struct lsm_ctx of linux/lsm.h. */
struct context {
	uint64_t id;
	uint64_t flags;
	uint64_t len; /* of all of it */
	uint64_t text_len;
	char text[LSMATTR_SIZE - LSMATTR_HEAD];
};

static const struct row {
	uint32_t id, attr;
	const char *file; /* in the directory of a thread in procfs */
} rows[] = {
	[LSMATTR_APPARMOR_EXEC] = { ID_APPARMOR, ATTR_EXEC, "thread-self/attr/apparmor/exec" },
	[LSMATTR_SELINUX_EXEC] = { ID_SELINUX, ATTR_EXEC, "thread-self/attr/exec" },
	[LSMATTR_SELINUX_KEYCREATE] = { ID_SELINUX, ATTR_KEYCREATE, "thread-self/attr/keycreate" },
};

static long set_by_call(const struct row *row, const char *text)
{
	struct context c; /* the text is not cleared: it is long */

	c.id = row->id;
	c.flags = 0;
	c.text_len = sys_strlen(text);
	c.len = LSMATTR_HEAD + c.text_len;
	c.text[0] = 0;
	sys_append(c.text, sizeof(c.text), text);
	return SYS_DENIED(LSM_ATTR) ? -ENOSYS :
				      SYS_4(__NR_lsm_set_self_attr, row->attr, &c, c.len, 0);
}

static long set_by_file(int proc_fd, const struct row *row, const char *text)
{
	/* thread-self is a symlink, but an ordinary one. */
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	struct statfs fs;
	long fd = SYS_4(__NR_openat2, proc_fd, row->file, &how, sizeof(how));
	long r;

	if (fd < 0)
		return fd;
	r = SYS_2(__NR_fstatfs, fd, &fs);
	if (r >= 0 && fs.f_type != PROC_SUPER_MAGIC)
		r = -EXDEV;
	if (r >= 0)
		r = sys_write((int)fd, text, sys_strlen(text));
	sys_close((int)fd);
	return r < 0 ? r : 0;
}

long lsmattr_set(int proc_fd, enum lsmattr attr, const char *text)
{
	const struct row *row = &rows[attr];
	long r;

	if (sys_strlen(text) > LSMATTR_TEXT)
		return -E2BIG;
	r = set_by_call(row, text);
	/* EPERM: a sandbox knows not the call; a module that means it says so again. */
	return r == -ENOSYS || r == -EPERM || r == -EOPNOTSUPP ? set_by_file(proc_fd, row, text) :
								 r;
}
