/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the terminal of a process: a pseudo-terminal of the container's own devpts.
 *
 * No name that the image or another container could have put there is ever opened (CVE-2025-52565,
 * CVE-2026-88264): ptmx is opened below a directory that is checked to be a devpts, without
 * crossing a mount; the kernel makes its nodes, and nobody else can. The other side is opened by
 * the descriptor of the first, and /dev/console is made of that.
 */
#include "os/guest.h"
#include "os/guestkey.h"
#include "rootfs/inroot.h"
#include "rootfs/mountcall.h"
#include "rootfs/rootfs.h"

#include <asm/ioctls.h>
#include <linux/openat2.h>

#define CONSOLE_KEY "process.terminal"

/* struct winsize: the kernel's header of it clashes with that of a C library. */
struct window {
	uint16_t rows, columns, width, height;
};

/* ---- the pair -------------------------------------------------------------------------------- */

/* The directory /dev/pts of the container, if it is a devpts. */
static int open_devpts(const struct guest *g)
{
	struct statfs fs;
	int root = g->root_fd, fd, r;

	/* Not the working directory, which RESOLVE_IN_ROOT would take for the root. */
	if (root < 0)
		root = (int)sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		return root;
	fd = inroot_open(root, "/dev/pts", 0);
	if (root != g->root_fd)
		sys_close(root);
	if (fd < 0)
		return fd;
	r = (int)SYS_2(__NR_fstatfs, fd, SYS_P(&fs));
	if (r == 0 && fs.f_type != DEVPTS_SUPER_MAGIC)
		r = -ENODEV;
	if (r == 0)
		return fd;
	sys_close(fd);
	return r;
}

static int open_master(const struct guest *g)
{
	const struct open_how how = {
		.flags = O_RDWR | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int dir = SYS_WEAK(ptmx) ? g->root_fd : open_devpts(g), fd;

	if (SYS_WEAK(ptmx))
		return (int)sys_openat(dir, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);

	if (dir == -ENOENT || dir == -ENOTDIR || dir == -ENODEV) {
		guestkey_fail(g, dir, CONSOLE_KEY, "find a devpts on", "/dev/pts");
		guestkey_hint(g, "have a mount of type devpts at /dev/pts in mounts, with the "
				 "options newinstance and ptmxmode=0666");
		return dir;
	}
	if (dir < 0)
		return guestkey_fail(g, dir, CONSOLE_KEY, "open", "/dev/pts");
	fd = (int)SYS_4(__NR_openat2, dir, SYS_P("ptmx"), &how, sizeof(how));
	sys_close(dir);
	if (fd >= 0)
		return fd;
	guestkey_fail(g, fd, CONSOLE_KEY, "make a pseudo-terminal in", "/dev/pts");
	if (fd == -EACCES)
		guestkey_hint(g, "give the mount of devpts the option ptmxmode=0666");
	if (fd == -ENOSPC)
		guestkey_hint(g, "it has as many as it may: its option max, or the sysctl "
				 "kernel.pty.max");
	return fd;
}

static int open_slave(int master)
{
	const int32_t unlocked = 0;
	long r = SYS_3(__NR_ioctl, master, TIOCSPTLCK, &unlocked);

	return r < 0 ? (int)r :
		       (int)SYS_3(__NR_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* Its group is what the option gid of the devpts says. */
static int dress(const struct guest *g, const struct console_plan *p, int slave)
{
	const struct window size = { .rows = p->rows, .columns = p->columns };
	long r = SYS_5(__NR_fchownat, slave, SYS_P(""), p->uid, -1L, AT_EMPTY_PATH);

	if (r < 0)
		return guestkey_fail(g, r, CONSOLE_KEY, "give the terminal to the user", NULL);
	if (!p->rows && !p->columns)
		return 0;
	r = SYS_3(__NR_ioctl, slave, TIOCSWINSZ, &size);
	return r < 0 ? guestkey_fail(g, r, "process.consoleSize", "set the size of the terminal",
				     NULL) :
		       0;
}

/* ---- /dev/console ---------------------------------------------------------------------------- */

/* A file to mount on: made, or what is there. A link of the image is not followed. */
static int open_place(int dir, const char *name)
{
	int fd = (int)sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				 0600);
	struct statx st;
	int r;

	if (SYS_WEAK(console_place))
		return (int)sys_openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -EEXIST)
		return fd;
	fd = (int)sys_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = mountcall_stat(fd, &st);
	if (r == 0 && (st.stx_mode & S_IFMT) != S_IFREG && (st.stx_mode & S_IFMT) != S_IFCHR)
		r = -EEXIST;
	if (r == 0)
		return fd;
	sys_close(fd);
	return r;
}

static int bind(struct guest *g, int slave)
{
	const char *name;
	int dir = inroot_parent(g->root_fd, "/dev/console", 0, &name);
	int place = dir < 0 ? dir : open_place(dir, name);
	int tree = place < 0 ? place : mountcall_clone(slave, "", 0);
	int r = tree < 0 ? tree : mountcall_move(tree, place);

	if (dir >= 0)
		sys_close(dir);
	if (place >= 0)
		sys_close(place);
	if (tree >= 0)
		sys_close(tree);
	if (r == 0)
		return 0;
	if (r == -EEXIST)
		guestkey_hint(g, "what is there is no file that could be mounted on: remove it "
				 "from the image");
	return guestkey_fail(g, r, CONSOLE_KEY, "mount the terminal on", "/dev/console");
}

/* ---- the steps ------------------------------------------------------------------------------- */

/* From here on our standard streams are the terminal. */
static int use(struct guest *g, const struct console_plan *p, int slave)
{
	int r = dress(g, p, slave);

	if (r == 0 && p->bind)
		r = bind(g, slave);
	for (int fd = 0; fd <= 2 && r == 0; fd++) {
		long d = SYS_3(__NR_dup3, slave, fd, 0);

		if (d < 0)
			r = guestkey_fail(g, d, CONSOLE_KEY, "be on the terminal", NULL);
	}
	return r;
}

int console_make(struct guest *g, const struct console_plan *p, int *ret_master)
{
	int master = open_master(g), slave, r;

	if (master < 0)
		return master;
	slave = open_slave(master);
	r = slave < 0 ? guestkey_fail(g, slave, CONSOLE_KEY, "open the pseudo-terminal", NULL) :
			use(g, p, slave);
	if (slave >= 0)
		sys_close(slave);
	if (r < 0)
		sys_close(master);
	else
		*ret_master = master;
	return r;
}

int console_take(struct guest *g)
{
	long r = SYS_3(__NR_ioctl, 0, TIOCSCTTY, 0);

	if (r == -EIO)
		guestkey_hint(g, "who had the other side of the terminal is gone");
	return r < 0 ? guestkey_fail(g, r, CONSOLE_KEY,
				     "make the terminal the controlling one of the process", NULL) :
		       0;
}
