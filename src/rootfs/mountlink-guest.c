/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the symlink of a bind source anew in the container (copy-symlink), instead of a mount. */
#include "rootfs/inroot.h"
#include "rootfs/mountone.h"

#define PATH_SIZE 4096

/* The target of a symlink, with a NUL. Returns 0 or a negative errno. */
static int read_link(int dir, const char *name, char *buf)
{
	long n = SYS_4(__NR_readlinkat, dir, SYS_P(name), SYS_P(buf), PATH_SIZE - 1);

	if (n < 0)
		return (int)n;
	buf[n] = 0;
	return 0;
}

/* One that is there already is right if it says the same. */
static int make(int dir, const char *name, const char *target)
{
	char there[PATH_SIZE];
	int r = (int)SYS_3(__NR_symlinkat, SYS_P(target), dir, SYS_P(name));

	if (r == -EEXIST && read_link(dir, name, there) == 0 && sys_streq(there, target))
		return 0;
	return r;
}

int mountlink_make(const struct mountone *w)
{
	char target[PATH_SIZE];
	const char *name;
	int r = read_link(w->m->fd, "", target);
	int dir = r < 0 ? r : inroot_parent(w->g->root_fd, w->dest, 0, &name);

	sys_close(w->m->fd);
	if (dir < 0)
		return mounts_fail(w, dir, NULL);
	r = make(dir, name, target);
	sys_close(dir);
	if (r == -EEXIST)
		return mounts_fail(w, r,
				   "copy-symlink: at the destination is something else than a "
				   "symlink to the same target");
	return r < 0 ? mounts_fail(w, r, NULL) : 0;
}
