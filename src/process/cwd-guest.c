/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enters the working directory, in the container's root and nowhere else: links of /proc to open
 * descriptors are not followed, and the directory must be reachable from "/" (CVE-2024-21626).
 */
#include "process/process.h"

#include "os/guestkey.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

#define CWD_KEY   "process.cwd"
#define CWD_MODE  0755
#define CWD_TRIES 64
#define CWD_MAX   4096

/* cwd_enter() was not allowed in: the user may be (a home on a file system that distrusts root). */
static int cwd_pending;

static long open_dir(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = SYS_WEAK(cwd) ? 0 : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long r = -EAGAIN;

	/* EAGAIN: something was renamed meanwhile, somewhere on the host. */
	for (int i = 0; i < CWD_TRIES && r == -EAGAIN; i++)
		r = SYS_4(__NR_openat2, root, path, &how, sizeof(how));
	return r;
}

/* The directory `path`, of which `name` is the last part, in `parent`; made if it is missing. */
static long open_or_make(int root, int parent, const char *path, const char *name)
{
	long fd = open_dir(root, path), r;

	if (fd != -ENOENT)
		return fd;
	r = SYS_3(__NR_mkdirat, parent, name, CWD_MODE);
	if (r < 0 && r != -EEXIST)
		return r;
	return open_dir(root, path);
}

/* Open the directory and make what is missing on the way to it. */
static long make_dirs(int root, const char *path)
{
	char part[CWD_MAX];
	long dir = open_dir(root, "/");
	size_t at = 0, name = 1;

	while (dir >= 0 && path[at] && at + 1 < sizeof(part)) {
		long next;

		part[at] = path[at];
		at++;
		if (path[at] && path[at] != '/')
			continue;
		part[at] = 0;
		next = open_or_make(root, (int)dir, part, part + name);
		sys_close((int)dir);
		dir = next;
		name = at + 1;
	}
	return dir;
}

static int cwd_failed(const struct guest *g, long r, const char *path)
{
	char text[RL_ERR_WHAT] = "\"";

	if (r != -ENOTDIR && r != -ELOOP)
		return guestkey_fail(g, r, CWD_KEY, "enter the working directory", path);
	sys_append(text, 200, path);
	sys_append(text, sizeof(text),
		   r == -ENOTDIR ? "\" is not a directory" :
				   "\" leads through a link of /proc or a loop of links");
	return guestkey_whole(g, r, CWD_KEY, text);
}

/* The kernel names what is outside of the root "(unreachable)", or does not name it. */
static int cwd_verify(const struct guest *g)
{
	char path[CWD_MAX];
	long r = SYS_2(__NR_getcwd, path, sizeof(path));

	if (r < 0 && r != -ENOENT)
		return guestkey_fail(g, r, CWD_KEY, "ask for the working directory", NULL);
	if ((r < 0 || path[0] != '/') && !SYS_WEAK(cwd))
		return guestkey_whole(g, r < 0 ? r : -EXDEV, CWD_KEY,
				      "the working directory is outside of the container's root");
	return 0;
}

static int enter(const struct guest *g, const struct process_plan *p, int make)
{
	const char *path = flat_get_str(g->base, p->cwd);
	long root, fd, r;

	root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		return guest_fail(g, root, 0, "open the container's root", NULL);
	fd = open_dir((int)root, path);
	if (fd == -ENOENT && make)
		fd = make_dirs((int)root, path);
	r = fd < 0 ? fd : SYS_1(__NR_fchdir, fd);
	if (fd >= 0)
		sys_close((int)fd);
	sys_close((int)root);
	if (r == -EACCES && make) {
		cwd_pending = 1;
		return 0;
	}
	return r < 0 ? cwd_failed(g, r, path) : cwd_verify(g);
}

int cwd_enter(struct guest *g, const struct process_plan *p)
{
	cwd_pending = 0;
	return enter(g, p, 1);
}

int cwd_again(struct guest *g, const struct process_plan *p)
{
	return cwd_pending ? enter(g, p, 0) : 0;
}
