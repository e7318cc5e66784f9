/* SPDX-License-Identifier: Apache-2.0 */
/* Lists pid namespaces; see pidns.h. */
#include "os/pidns.h"

#include "base/auto.h"
#include "base/fault.h"
#include "base/pidset.h"
#include "os/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define LEVELS_MAX 32 /* pid namespaces in each other: the kernel's limit */

static int open_namespace(int proc, pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/ns/pid", (int)pid);
	return fdio_open_at(proc, path, O_RDONLY, 0);
}

/* Whether the namespace is `want`, or below it. -EPERM ends the way up: our own was reached. */
static bool is_within(int proc, pid_t pid, const struct stat *want)
{
	rl_autoclose int fd = open_namespace(proc, pid);
	struct stat st;

	for (int level = 0; fd >= 0 && level < LEVELS_MAX; level++) {
		int above;

		if (fstat(fd, &st) < 0)
			return false;
		if (st.st_ino == want->st_ino && st.st_dev == want->st_dev)
			return true;
		above = ioctl(fd, NS_GET_PARENT);
		close(fd);
		fd = above;
	}
	return false;
}

/* The number that is the whole name, or 0. */
static pid_t pid_of_name(const char *name)
{
	char *end;
	long pid = strtol(name, &end, 10);

	return *end || pid <= 0 || pid > INT_MAX ? 0 : (pid_t)pid;
}

int pidns_list(pid_t pid, pid_t **ret, size_t *ret_n)
{
	rl_autoclosedir DIR *proc = NULL;
	rl_auto(pidset_done) struct pidset set = { 0 };
	rl_autoclose int ns = -EBADF;
	const struct dirent *entry;
	struct stat want;
	int r = 0;

	RL_FAULT("pidns_list");
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	ns = open_namespace(dirfd(proc), pid);
	if (ns < 0)
		return ns;
	if (fstat(ns, &want) < 0)
		return -errno;
	while (r == 0 && (entry = readdir(proc))) {
		pid_t other = pid_of_name(entry->d_name);

		if (other && is_within(dirfd(proc), other, &want))
			r = pidset_add(&set, other);
	}
	if (r < 0)
		return r;
	pidset_take(&set, ret, ret_n);
	return 0;
}
