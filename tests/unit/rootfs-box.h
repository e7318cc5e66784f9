/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A box for tests of the file tree's container side: the same steps as in a real container, run in
 * a forked child in private namespaces on a scratch tmpfs, so that the host sees nothing.
 *
 *   parent          prints the verdicts
 *   host (child)    own mount namespace; fills the scratch, plans, opens the sources, checks after
 *   guest           own mount, pid, ipc, uts, net, cgroup (and user) namespaces; runs the steps,
 * checks
 */
#ifndef RL_TESTS_ROOTFS_BOX_H
#define RL_TESTS_ROOTFS_BOX_H

#include "libocispec/ocispec.h"
#include "rootfs/rootfs.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

#define BOX_MOUNTS 64
#define BOX_CHECKS 256

struct box {
	struct arena arena;
	struct oci_config c;
	struct oci_root root;
	struct oci_linux l;
	struct oci_namespace ns;
	struct oci_namespace *ns_list[1];
	struct oci_mount *mounts[BOX_MOUNTS];
	struct oci_device *devices[BOX_MOUNTS];
	char *masked[BOX_MOUNTS];
	char *readonly[BOX_MOUNTS];
	struct rootfs_facts facts;
	char dir[64]; /* the scratch: rootfs/ and H/ are in it */
};

struct box_case {
	const char *name;
	void (*fill)(struct box *b);  /* in the scratch (the working directory), before planning */
	void (*inside)(void);         /* in the container, when all steps are done; NULL: none */
	void (*after)(struct box *b); /* on the host side */
	bool userns;
	bool shared_host;    /* "/" of the host side is shared, as with systemd */
	bool joined;         /* as if the mount namespace were joined: it keeps its propagation */
	bool closed_scratch; /* the scratch is 0700: a user namespace cannot pass it */
};

/* What the children say, in shared memory. */
static struct box_log {
	int n;
	struct {
		bool ok;
		char text[200];
	} checks[BOX_CHECKS];
	struct rl_err err; /* of the plan, the sources or a step */
	char step[32];     /* that failed, or "" */
	bool finished;
	char skip[100];
} * box_log;

__attribute__((format(printf, 2, 3), unused)) static bool box_add(bool good, const char *fmt, ...)
{
	va_list ap;

	if (box_log->n == BOX_CHECKS)
		return good;
	va_start(ap, fmt);
	vsnprintf(box_log->checks[box_log->n].text, sizeof(box_log->checks[0].text), fmt, ap);
	va_end(ap);
	box_log->checks[box_log->n++].ok = good;
	return good;
}

/* As ok(), from a child. */
#define check(cond, ...) box_add((cond), __VA_ARGS__)

/* ---- the configuration ---- */

__attribute__((sentinel, unused)) static struct oci_mount *
box_mount(struct box *b, const char *dest, const char *type, const char *source, ...)
{
	struct oci_mount *m = arena_alloc(&b->arena, sizeof(*m));
	const char *option;
	va_list ap;

	m->destination = arena_str(&b->arena, dest);
	m->type = type ? arena_str(&b->arena, type) : NULL;
	m->source = source ? arena_str(&b->arena, source) : NULL;
	m->options = arena_alloc(&b->arena, 32 * sizeof(char *));
	va_start(ap, source);
	while ((option = va_arg(ap, const char *)))
		m->options[m->n_options++] = arena_str(&b->arena, option);
	va_end(ap);
	b->mounts[b->c.n_mounts++] = m;
	return m;
}

__attribute__((unused)) static struct oci_device *
box_device(struct box *b, const char *path, const char *type, int64_t major, int64_t minor)
{
	struct oci_device *d = arena_alloc(&b->arena, sizeof(*d));

	d->path = arena_str(&b->arena, path);
	d->type = arena_str(&b->arena, type);
	d->has_major = d->has_minor = *type != 'p';
	d->major = major;
	d->minor = minor;
	b->devices[b->l.n_devices++] = d;
	return d;
}

__attribute__((unused)) static void box_mask(struct box *b, const char *path)
{
	b->masked[b->l.n_masked_paths++] = arena_str(&b->arena, path);
}

__attribute__((unused)) static void box_readonly(struct box *b, const char *path)
{
	b->readonly[b->l.n_readonly_paths++] = arena_str(&b->arena, path);
}

static void box_init(struct box *b, const char *dir)
{
	*b = (struct box){ 0 };
	snprintf(b->dir, sizeof(b->dir), "%s", dir);
	b->ns.type = arena_str(&b->arena, "mount");
	b->ns_list[0] = &b->ns;
	b->root.path = arena_str(&b->arena, "rootfs");
	b->l.namespaces = b->ns_list;
	b->l.n_namespaces = 1;
	b->l.devices = b->devices;
	b->l.masked_paths = b->masked;
	b->l.readonly_paths = b->readonly;
	b->c.root = &b->root;
	b->c.mounts = b->mounts;
	b->c.linux_ = &b->l;
	b->facts = (struct rootfs_facts){
		.bundle = b->dir,
		.cgroup_namespace = true,
		.mount_namespace = true,
	};
}

/* The mounts that every configuration has. */
__attribute__((unused)) static void box_usual_mounts(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k",
		  NULL);
	box_mount(b, "/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance",
		  "ptmxmode=0666", "mode=0620", NULL);
	box_mount(b, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777",
		  "size=64k", NULL);
	box_mount(b, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev", NULL);
	box_mount(b, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro", NULL);
}

/* ---- files ---- */

__attribute__((unused)) static void box_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		check(false, "write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* The text of a small file, or "" */
__attribute__((unused)) static const char *box_read(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

/* The line of /proc/self/mountinfo for this mount point, the last one; or "" */
__attribute__((unused)) static const char *box_mountinfo(const char *point)
{
	static char found[4096];
	char line[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	found[0] = 0;
	while (f && fgets(line, sizeof(line), f)) {
		char at[1024];

		if (sscanf(line, "%*s %*s %*s %*s %1023s", at) == 1 && !strcmp(at, point))
			snprintf(found, sizeof(found), "%s", line);
	}
	if (f)
		fclose(f);
	return found;
}

__attribute__((unused)) static bool box_is_device(const char *path, unsigned int ma,
						  unsigned int mi)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(ma, mi);
}

/* Append what is in a directory of the host: names, types, owners, sizes, times of change. */
static void box_list(const char *path, char *text, size_t size)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char full[512];
		size_t len = strlen(text);
		struct stat st;

		snprintf(full, sizeof(full), "%s/%s", path, list[i]->d_name);
		if (strcmp(list[i]->d_name, "..") && lstat(full, &st) == 0)
			snprintf(text + len, size - len, "%s %o %u:%u %lld %lld.%09ld\n", full,
				 st.st_mode, st.st_uid, st.st_gid, (long long)st.st_size,
				 (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
		if (list[i]->d_name[0] != '.' && S_ISDIR(st.st_mode))
			box_list(full, text, size);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* ---- the run ---- */

static int box_fail(const char *step)
{
	snprintf(box_log->step, sizeof(box_log->step), "%s", step);
	return -1;
}

static int box_steps(const void *base, struct rootfs_plan *p)
{
	static const struct {
		const char *name;
		int (*run)(struct guest *g, const struct rootfs_plan *p);
	} steps[] = {
		{ "root_private", root_private },   { "root_attach", root_attach },
		{ "mounts_attach", mounts_attach }, { "devices_make", devices_make },
		{ "root_pivot", root_pivot },       { "masks_apply", masks_apply },
		{ "root_seal", root_seal },
	};
	struct guest g = {
		.base = base,
		.err = &box_log->err,
		.root_fd = -EBADF,
		.proc_fd = -EBADF,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!(steps[i].run == root_private && p->joined) && steps[i].run(&g, p) < 0)
			return box_fail(steps[i].name);
	return 0;
}

static void box_guest(const struct box_case *t, const void *base, struct rootfs_plan *p)
{
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
		    CLONE_NEWCGROUP) < 0) {
		snprintf(box_log->skip, sizeof(box_log->skip), "unshare: %s", strerror(errno));
		_exit(1);
	}
	pid = fork();
	if (pid == 0) {
		if (box_steps(base, p) == 0) {
			if (t->inside)
				t->inside();
			box_log->finished = true;
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		check(false, "the container's process ended with status %#x", status);
	_exit(0);
}

static void box_write_map(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	box_write(path, "0 100000 65536\n");
}

/* Fork the guest; in a user namespace, map its ids first. */
static void box_fork(const struct box_case *t, const void *base, struct rootfs_plan *p)
{
	int ready[2], go[2], status;
	char c = 0;
	pid_t pid;

	if (pipe(ready) < 0 || pipe(go) < 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		if (t->userns &&
		    (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "", 1) != 1 ||
		     read(go[0], &c, 1) != 1 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) {
			snprintf(box_log->skip, sizeof(box_log->skip), "user namespace: %s",
				 strerror(errno));
			_exit(1);
		}
		box_guest(t, base, p);
	}
	close(ready[1]);
	if (t->userns && read(ready[0], &c, 1) == 1) {
		box_write_map(pid, "gid_map");
		box_write_map(pid, "uid_map");
		if (write(go[1], "", 1) != 1)
			check(false, "write to the guest");
	}
	waitpid(pid, &status, 0);
	close(ready[0]);
	close(go[0]);
	close(go[1]);
}

static void box_chown(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, NULL);

	if (lchown(path, 100000, 100000) < 0)
		check(false, "chown %s", path);
	for (int i = 0; i < n; i++) {
		char full[512];

		snprintf(full, sizeof(full), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_type == DT_DIR && list[i]->d_name[0] != '.')
			box_chown(full);
		else if (list[i]->d_name[0] != '.' && lchown(full, 100000, 100000) < 0)
			check(false, "chown %s", full);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void box_scratch(void)
{
	static const char *const dirs[] = {
		"rootfs",     "rootfs/proc", "rootfs/sys", "rootfs/dev",
		"rootfs/etc", "rootfs/tmp",  "H",          "H/dir",
	};

	umask(022);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0755) < 0)
			check(false, "mkdir %s", dirs[i]);
	box_write("rootfs/etc/passwd", "root\n");
	box_write("H/dir/null", "host\n");
	box_write("H/dir/ptmx", "host\n");
	box_write("H/f", "host\n");
}

static void box_host(const struct box_case *t, const char *dir)
{
	static char before[65536], after[65536], mounts[65536];
	struct flat f;
	struct rootfs_plan *p, plan;
	struct box b;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("box", dir, "tmpfs", 0, t->closed_scratch ? "mode=0700" : "mode=0755") < 0 ||
	    chdir(dir) < 0) {
		snprintf(box_log->skip, sizeof(box_log->skip), "needs root: %s", strerror(errno));
		_exit(0);
	}
	if (t->shared_host && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		check(false, "make / shared");
	box_scratch();
	box_init(&b, dir);
	b.facts.user_namespace = t->userns;
	b.ns.path = t->joined ? arena_str(&b.arena, "/proc/self/ns/mnt") : NULL;
	t->fill(&b);
	if (t->userns)
		box_chown("rootfs");
	box_list("H", before, sizeof(before));
	snprintf(mounts, sizeof(mounts), "%s", box_read("/proc/self/mountinfo"));
	flat_init(&f, sizeof(plan));
	if (rootfs_plan(&b.c, &b.facts, &f, &plan, &box_log->err) < 0) {
		box_fail("plan");
	} else {
		p = flat_ptr(&f, 0);
		*p = plan;
		if (sources_open(f.data, p, &box_log->err) < 0)
			box_fail("sources_open");
		else
			box_fork(t, f.data, p);
		sources_close(f.data, p);
	}
	box_list("H", after, sizeof(after));
	if (!check(!strcmp(before, after), "the host's files are as they were"))
		fprintf(stderr, "# before:\n%s# after:\n%s", before, after);
	check(!strcmp(mounts, box_read("/proc/self/mountinfo")), "the host has no new mount");
	if (t->after)
		t->after(&b);
	flat_done(&f);
	arena_done(&b.arena);
	_exit(0);
}

static void box_report(const struct box_case *t, bool expect_finish)
{
	char line[1024];

	if (box_log->skip[0]) {
		skip("%s: %s", t->name, box_log->skip);
		return;
	}
	for (int i = 0; i < box_log->n; i++)
		ok(box_log->checks[i].ok, "%s: %s", t->name, box_log->checks[i].text);
	if (!ok(box_log->finished == expect_finish, "%s: the container is %s", t->name,
		expect_finish ? "made" : "refused") ||
	    !expect_finish)
		printf("#   step %s: %s; %s\n", box_log->step,
		       rl_err_line(&box_log->err, line, sizeof(line)), box_log->err.hint);
}

/*
 * Run one case. Afterwards box_log tells what happened. expect_finish: all steps are to succeed;
 * else one is to fail.
 */
__attribute__((unused)) static void box_run(const struct box_case *t, bool expect_finish)
{
	char dir[] = "/tmp/rundlet-box.XXXXXX";
	int status;
	pid_t pid;

	if (!box_log)
		box_log = mmap(NULL, sizeof(*box_log), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(box_log, 0, sizeof(*box_log));
	box_log->err.step = -1;
	if (!mkdtemp(dir)) {
		ok(false, "%s: make a scratch directory", t->name);
		return;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		box_host(t, dir);
	waitpid(pid, &status, 0);
	if (status)
		ok(false, "%s: the host side ended with status %#x", t->name, status);
	box_report(t, expect_finish);
	rmdir(dir);
}

/* What the refusal of the last case said. */
__attribute__((unused)) static void box_is_error(const char *step, const char *where,
						 const char *text)
{
	char line[1024];

	if (box_log->skip[0])
		return;
	is_str(box_log->step, step, "it fails in the right step");
	is_str(box_log->err.where, where, "it names the member");
	rl_err_line(&box_log->err, line, sizeof(line));
	if (!ok(strstr(line, text) != NULL, "it says: %s", text))
		printf("#   got: %s\n", line);
}

#endif
