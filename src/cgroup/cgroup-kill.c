/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals the processes of a container's cgroup, and tells whether it is frozen; see cgroup.h.
 *
 * A pid that was read from cgroup.procs may be another process's by the time of the signal. So a
 * batch is read, opened (pidfd_open(2)), and read again: a pid that still is in the cgroup then, is
 * the one that was opened, or that one is dead and the signal goes nowhere.
 */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "os/fdio.h"
#include "os/pidfd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WAIT_MS    5000               /* for killed processes to go */
#define PROCS_MAX  ((size_t)32 << 20) /* bytes of cgroup.procs */
#define BATCH      64                 /* descriptors that are open at a time */
#define GROUPS_MAX 100000             /* cgroups of one container */

/* The cgroups of a container in one hierarchy, outermost first. */
struct groups {
	char **paths;
	size_t n, cap;
};

static void groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->paths[i]);
	free(g->paths);
	*g = (struct groups){ 0 };
}

static int groups_add(struct groups *g, const char *dir, const char *name)
{
	char *path;

	if (g->n == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 16;
		char **paths = cap > GROUPS_MAX ? NULL : realloc(g->paths, cap * sizeof(*paths));

		if (!paths)
			return -ENOMEM;
		g->paths = paths;
		g->cap = cap;
	}
	if (asprintf(&path, "%s%s%s", dir, name[0] ? "/" : "", name) < 0)
		return -ENOMEM;
	g->paths[g->n++] = path;
	return 0;
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Add the directories in the i-th one. */
static int groups_look(struct groups *g, size_t i)
{
	rl_auto(close_dir) DIR *d = opendir(g->paths[i]);
	struct dirent *entry;
	int r = 0;

	if (!d)
		return is_gone(-errno) ? 0 : -errno;
	while (r == 0 && (entry = readdir(d)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, ".."))
			r = groups_add(g, g->paths[i], entry->d_name);
	return r;
}

static int groups_find(const char *top, struct groups *ret)
{
	int r = groups_add(ret, top, "");

	for (size_t i = 0; r == 0 && i < ret->n; i++)
		r = groups_look(ret, i);
	return r;
}

static int group_file(const char *group, const char *file, char path[static PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", group, file) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The text of cgroup.procs; *ret is NULL for a cgroup that is gone. */
static int read_procs(const char *group, char **ret)
{
	char path[PATH_MAX];
	size_t len;
	int r;

	*ret = NULL;
	r = group_file(group, "cgroup.procs", path);
	if (r == 0)
		r = fdio_read_all(AT_FDCWD, path, PROCS_MAX, ret, &len);
	/* EOPNOTSUPP: a threaded cgroup of v2; its processes are listed further up. */
	return is_gone(r) || r == -EOPNOTSUPP ? 0 : r;
}

/* Whether the number stands in the text, which has one a line. */
static bool has_pid(const char *procs, pid_t pid)
{
	for (const char *p = procs; p && *p; p = strchr(p, '\n'), p += p ? 1 : 0)
		if (strtol(p, NULL, 10) == pid)
			return true;
	return false;
}

struct process {
	pid_t pid;
	int fd;
};

static int signal_batch(const char *group, struct process *batch, size_t n, int signal)
{
	rl_autofree char *procs = NULL;
	int r = read_procs(group, &procs);

	for (size_t i = 0; i < n; i++) {
		if (r == 0 && procs && has_pid(procs, batch[i].pid)) {
			int s = pidfd_signal(batch[i].fd, signal);

			r = s == -ESRCH ? 0 : s;
		}
		close(batch[i].fd);
	}
	return r;
}

/* Signal all processes of one cgroup. Returns 1 if it had any, 0, or a negative errno. */
static int signal_group(const char *group, int signal)
{
	rl_autofree char *procs = NULL;
	struct process batch[BATCH];
	size_t n = 0;
	int r = read_procs(group, &procs);
	const char *p = procs;

	while (r == 0 && p && *p) {
		pid_t pid = (pid_t)strtol(p, NULL, 10);
		/* 0: a process of a pid namespace that ours does not see. */
		int fd = pid > 0 ? pidfd_of(pid) : -ESRCH;

		if (fd >= 0)
			batch[n++] = (struct process){ pid, fd };
		else if (fd != -ESRCH && fd != -EINVAL)
			r = fd;
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
		if (n == BATCH || !p || !*p || r < 0) {
			int s = signal_batch(group, batch, n, signal);

			r = r < 0 ? r : s;
			n = 0;
		}
	}
	return r < 0 ? r : procs && procs[0];
}

/* Signal all processes of a cgroup and those below it. As signal_group(). */
static int signal_tree(const char *top, int signal)
{
	rl_auto(groups_done) struct groups g = { 0 };
	int any = 0, r;

	r = groups_find(top, &g);
	for (size_t i = 0; i < g.n && r >= 0; i++) {
		r = signal_group(g.paths[i], signal);
		any |= r > 0;
	}
	return r < 0 ? r : any;
}

/* v1: what is frozen does not die. */
static void thaw_tree(const char *top)
{
	rl_auto(groups_done) struct groups g = { 0 };
	char path[PATH_MAX];

	if (group_file(top, "freezer.state", path) < 0 || access(path, F_OK) < 0)
		return;
	/* A failure shows in that the processes do not go. */
	groups_find(top, &g);
	for (size_t i = 0; i < g.n; i++)
		if (group_file(g.paths[i], "freezer.state", path) == 0)
			fdio_write_at(AT_FDCWD, path, "THAWED");
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* v2: let the kernel kill them all at once. False if it cannot. */
static bool kill_v2(const char *top)
{
	char path[PATH_MAX];

	return group_file(top, "cgroup.kill", path) == 0 && fdio_write_at(AT_FDCWD, path, "1") == 0;
}

/* v2: wait until nobody is left. 0, -ETIMEDOUT, or another negative errno. */
static int wait_v2(const char *top, int64_t deadline)
{
	rl_autoclose int fd = -EBADF;
	char path[PATH_MAX], text[128];

	if (group_file(top, "cgroup.events", path) < 0)
		return -ENAMETOOLONG;
	fd = fdio_open_at(AT_FDCWD, path, O_RDONLY, 0);
	if (fd < 0)
		return is_gone(fd) ? 0 : fd;
	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };
		int64_t left = deadline - now_ms();
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return is_gone(-errno) ? 0 : -errno;
		text[n] = 0;
		if (!strstr(text, "populated 1"))
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		poll(&poll_fd, 1, (int)left);
	}
}

/* Kill until nobody is left: what forks faster than it is killed loses in the end. */
static int drain(const char *top, int64_t deadline)
{
	int64_t us = 100;

	for (;;) {
		int r = signal_tree(top, SIGKILL);

		if (r <= 0)
			return r;
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
		usleep((useconds_t)us);
		us = us < 10000 ? us * 2 : us;
	}
}

enum { NOBODY, SIGNALLED, BY_KERNEL };

/* Kill what is in one hierarchy now. Returns one of the above, or a negative errno. */
static int kill_one(const char *top)
{
	int r;

	if (kill_v2(top))
		return BY_KERNEL;
	r = signal_tree(top, SIGKILL);
	return r > 0 ? SIGNALLED : r;
}

static int wait_one(const char *top, int how, int64_t deadline)
{
	if (how == NOBODY)
		return 0;
	return how == BY_KERNEL ? wait_v2(top, deadline) : drain(top, deadline);
}

static int kill_all(const struct cgroup_record *r, const char **ret_failed)
{
	int64_t deadline = now_ms() + WAIT_MS;
	int how[CGROUPFS_MAX] = { 0 }, ret;

	/* First everywhere, then thaw, then wait: a frozen one dies only when all of that is done.
	 */
	for (size_t i = 0; i < r->n; i++) {
		*ret_failed = r->dirs[i].path;
		how[i] = kill_one(r->dirs[i].path);
		if (how[i] < 0)
			return how[i];
	}
	for (size_t i = 0; i < r->n; i++)
		if (how[i] == SIGNALLED)
			thaw_tree(r->dirs[i].path);
	for (size_t i = 0; i < r->n; i++) {
		*ret_failed = r->dirs[i].path;
		ret = wait_one(r->dirs[i].path, how[i], deadline);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Other signals go once to each process: through one hierarchy, as all have the same processes. */
static int signal_once(const struct cgroup_record *r, int signal, const char **ret_failed)
{
	for (size_t i = 0; i < r->n; i++) {
		*ret_failed = r->dirs[i].path;
		if (access(r->dirs[i].path, F_OK) == 0)
			return signal_tree(r->dirs[i].path, signal);
	}
	return 0;
}

int cgroup_kill(const struct cgroup_record *r, int signal, struct rl_err *e)
{
	const char *failed = "";
	int ret;

	if (r->n > CGROUPFS_MAX)
		return rl_fail(e, -E2BIG, "read the record of the container's cgroups");
	ret = signal == SIGKILL ? kill_all(r, &failed) : signal_once(r, signal, &failed);
	if (ret == -ETIMEDOUT) {
		rl_whole(e, ret, "processes of the cgroup %s do not end", failed);
		rl_hint(e,
			"they were killed %d seconds ago: they wait in the kernel (state D in ps), or a "
			"cgroup above is frozen",
			WAIT_MS / 1000);
		return ret;
	}
	if (ret < 0)
		return rl_fail(e, ret, "send signal %d to the processes of the cgroup %s", signal,
			       failed);
	return 0;
}

bool cgroup_is_frozen(const struct cgroup_record *r)
{
	char path[PATH_MAX], text[128];

	for (size_t i = 0; i < r->n; i++) {
		const char *dir = r->dirs[i].path;

		if (group_file(dir, "freezer.state", path) == 0 &&
		    fdio_read_at(AT_FDCWD, path, text, sizeof(text)) > 0 &&
		    strcmp(text, "THAWED\n") != 0)
			return true;
		if (group_file(dir, "cgroup.events", path) == 0 &&
		    fdio_read_at(AT_FDCWD, path, text, sizeof(text)) > 0 &&
		    strstr(text, "frozen 1"))
			return true;
	}
	return false;
}
