/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root that a container has in a mount namespace which it joins. It is a mount at the path of
 * the bundle's root, and stays there when the container's processes are gone. The root of the
 * namespace itself is that of others: who enters it for the container has to go on to this one.
 */
#include "container/joined-root.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/container.h"
#include "os/fdio.h"
#include "os/inside.h"
#include "os/mountid.h"
#include "os/mountinfo.h"
#include "os/nsfile.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct namespace_join *find_join(const struct plan *p)
{
	FLAT_EACH(p, p->ns.joins, const struct namespace_join, j)
		if (j->flag == CLONE_NEWNS)
			return j;
	return NULL;
}

int joined_root_record(const struct plan *p, struct record_mountns *own, struct record *rec)
{
	const struct namespace_join *j = find_join(p);
	rl_autoclose int fd = j ? nsfile_open(flat_get_str(p, j->path)) : -EBADF;

	/* The step that opens it says what is wrong with it. */
	if (fd < 0 || nsfile_type(fd) != CLONE_NEWNS)
		return 0;
	*own = (struct record_mountns){
		.path = (char *)(uintptr_t)flat_get_str(p, j->path),
		.has_number = true,
	};
	rec->mountns = own;
	return nsfile_number(fd, &own->number);
}

int joined_root_check(const struct plan *p, const struct record *rec, struct rl_err *e)
{
	const struct namespace_join *j = find_join(p);
	uint64_t number;
	int r = j ? nsfile_number(j->fd, &number) : 0;

	if (!j)
		return 0;
	if (r == 0 && (!rec->mountns || number != rec->mountns->number))
		r = -ESTALE;
	return r < 0 ? rl_fail_at(e, r, flat_get_str(p, j->where),
				  "find the mount namespace \"%s\" as it was a moment ago",
				  flat_get_str(p, j->path)) :
		       0;
}

int joined_root_identify(int root_fd, struct record *rec)
{
	struct record_mountns *ns = rec->mountns;
	struct mountid m;
	int r = ns ? mountid_get(root_fd, &m) : 0;

	if (!ns || r < 0)
		return r;
	ns->root = realpath(rec->rootfs, NULL);
	ns->has_mount = ns->has_unique = ns->has_device = ns->has_inode = true;
	ns->mount = m.id;
	ns->unique = m.unique;
	ns->device = m.device;
	ns->inode = m.inode;
	return 0;
}

/* False: the create did not come to it. */
static bool read_mount(const struct record_mountns *ns, struct mountid *ret)
{
	*ret = (struct mountid){ ns->mount, ns->unique, ns->device, ns->inode };
	return ns->has_mount && ns->has_unique && ns->has_device && ns->has_inode;
}

int joined_root_open(const struct record *rec)
{
	rl_autoclose int fd = -EBADF;
	struct mountid m;
	char path[40];
	int r;

	if (!read_mount(rec->mountns, &m))
		return -ENODATA;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)rec->pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = mountid_is(fd, &m);
	if (r < 0)
		return r;
	return r ? RL_TAKE_FD(fd) : -EXDEV;
}

/* --- neighbours --- */

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

static const char *path_of(const struct record *rec)
{
	return rec->mountns->root ? rec->mountns->root : rec->rootfs;
}

/* By their paths, or by what these lead to. */
static bool is_in_the_way(const struct record *one, const struct record *other)
{
	struct mountid a, b;

	if (!other->mountns || other->mountns->number != one->mountns->number)
		return false;
	if (is_below(path_of(one), path_of(other)) || is_below(path_of(other), path_of(one)))
		return true;
	return read_mount(one->mountns, &a) && read_mount(other->mountns, &b) &&
	       a.device == b.device && a.inode == b.inode;
}

/* One whose record cannot be read is made or removed at the moment, or nobody knows its root. */
static int check_neighbour(int root_fd, const char *id, const struct record *rec, struct rl_err *e)
{
	struct record_doc d = { 0 };
	int r = 0;

	if (strcmp(id, rec->id) != 0 && record_load_below(root_fd, id, &d) == 0 &&
	    is_in_the_way(rec, d.record)) {
		rl_hint(e, "each would find the other's mounts in its root: delete that container "
			   "first, or give this one a root beside it");
		r = rl_refuse(
			e, "root.path",
			"container \"%s\" has its root at \"%s\" in the mount namespace that is "
			"joined",
			id, d.record->rootfs);
	}
	record_done(&d);
	return r;
}

int joined_root_alone(const char *root, int root_fd, const struct record *rec, struct rl_err *e)
{
	char **ids = NULL;
	size_t n = 0;
	int r = rec->mountns ? container_ids(root, &ids, &n, e) : 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = check_neighbour(root_fd, ids[i], rec, e);
	container_ids_done(ids, n);
	return r;
}

/* --- taking it out --- */

struct removal {
	struct mountid mount;
	int ns_fd;
	int proc_fd; /* our procfs: who lives in the namespace can have anything on /proc */
};

/* The paths of mountinfo have no links. */
static int open_exact(const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/*
 * By the descriptor's name: to go to the place itself could mean to ask a file system that never
 * answers. The working directory is the child's own.
 */
static int unmount(const struct removal *m, int fd)
{
	long r = SYS_1(__NR_fchdir, m->proc_fd);
	char name[32];

	snprintf(name, sizeof(name), "self/fd/%d", fd);
	if (r == 0)
		r = umount2(name, MNT_DETACH) < 0 ? -errno : 0;
	return (int)r;
}

static int remove_at(const struct removal *m, const char *path)
{
	rl_autoclose int fd = open_exact(path);
	int is = fd < 0 ? fd : mountid_is(fd, &m->mount);

	if (is <= 0)
		return is < 0 ? is : -EBUSY;
	return unmount(m, fd);
}

/* 0: the mount is gone, now or since long. -EBUSY: another one covers it. */
static int remove_inside(void *context)
{
	const struct removal *m = context;
	rl_autofree char *text = NULL;
	char path[PATH_MAX];
	int r, exists;

	if (setns(m->ns_fd, CLONE_NEWNS) < 0)
		return -errno;
	exists = mountid_exists(&m->mount);
	if (exists == 0)
		return 0;
	r = mountinfo_read_at(m->proc_fd, &text);
	if (r == 0)
		r = mountinfo_find(text, m->mount.id, path, sizeof(path));
	if (r == 1)
		return remove_at(m, path);
	/* Where the kernel does not say, that it is not in the list is all that is known. */
	return r == 0 && exists > 0 ? -EBUSY : r;
}

static int remove_from(int ns_fd, const struct mountid *mount)
{
	rl_autoclose int proc_fd = fdio_open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0);
	struct removal m = { *mount, ns_fd, proc_fd };
	int r = proc_fd < 0 ? proc_fd : inside_run(0, remove_inside, &m);

	if (r == -ECHILD) /* its process was killed, for want of memory */
		r = inside_run(0, remove_inside, &m);
	return r;
}

/* What is at its path may have ended, or be another one by now, and others live on in this. */
static int open_recorded(const struct record_mountns *ns)
{
	rl_autoclose int fd = nsfile_open(ns->path);
	uint64_t number;

	if (fd >= 0 && nsfile_number(fd, &number) == 0 && number == ns->number)
		return RL_TAKE_FD(fd);
	return nsfile_find("mnt", ns->number);
}

void joined_root_remove(const struct record *rec)
{
	const struct record_mountns *ns = rec->mountns;
	rl_autoclose int fd = -EBADF;
	struct mountid mount;
	int r;

	if (!ns || !read_mount(ns, &mount))
		return;
	fd = open_recorded(ns);
	if (fd < 0)
		return;
	r = remove_from(fd, &mount);
	if (r < 0)
		log_warn("the container's root \"%s\" stays in the mount namespace \"%s\": %s, "
			 "ignoring",
			 rec->rootfs ? rec->rootfs : "", ns->path,
			 r == -EBUSY ? "another mount covers it" : strerror(-r));
}
