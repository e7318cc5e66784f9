/* SPDX-License-Identifier: Apache-2.0 */
/* Processes by descriptor; see pidfd.h. */
#include "os/pidfd.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"
#include "os/libc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

/* pidfs; in linux/magic.h since 6.9 */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

int pidfd_of(pid_t pid)
{
	int fd;

	RL_FAULT("pidfd_of");
	fd = pidfd_open(pid, 0);
	return fd < 0 ? -errno : fd;
}

int pidfd_start_time(pid_t pid, uint64_t *ret_time, char *ret_state)
{
	char path[32], text[1024];
	const char *p;
	uint64_t t;
	char state;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	/* The name, in parentheses, may hold anything; the last ')' ends it. */
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1,
			 " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			 "%*s %*s %" SCNu64,
			 &state, &t) != 2)
		return -EPROTO;
	*ret_time = t;
	*ret_state = state;
	return 0;
}

int pidfd_identify(pid_t pid, int pidfd, bool lasting, struct pidfd_id *ret)
{
	struct statfs fs;
	struct stat st;
	char state;

	*ret = (struct pidfd_id){ 0 };
	if (lasting || fault_is_denied("pidfs") || fstatfs(pidfd, &fs) < 0 ||
	    fs.f_type != PID_FS_MAGIC)
		return pidfd_start_time(pid, &ret->start_time, &state);
	if (fstat(pidfd, &st) < 0)
		return -errno;
	ret->inode = st.st_ino;
	return 0;
}

/* Whether the process of the pidfd is this one, or a negative errno. */
static int is_same(pid_t pid, int pidfd, const struct pidfd_id *id)
{
	uint64_t start_time;
	struct stat st;
	char state;
	int r;

	if (id->inode)
		return fstat(pidfd, &st) < 0 ? -errno : st.st_ino == id->inode;
	r = pidfd_start_time(pid, &start_time, &state);
	return r < 0 ? r : start_time == id->start_time;
}

int pidfd_same(pid_t pid, const struct pidfd_id *id)
{
	rl_autoclose int fd = -EBADF;
	int r;

	if (pid <= 0 || (!id->inode && !id->start_time))
		return -ESRCH;
	/* First the descriptor, then the check: what the descriptor names cannot change. */
	fd = pidfd_of(pid);
	/* EINVAL, and ENOENT since Linux 6.15: a thread has the number now, and not a process. */
	if (fd < 0)
		return fd == -EINVAL || fd == -ENOENT ? -ESRCH : fd;
	r = is_same(pid, fd, id);
	if (r < 0)
		return r;
	return r == 0 || pidfd_wait(fd, 0) ? -ESRCH : RL_TAKE_FD(fd);
}

int pidfd_signal(int pidfd, int signal)
{
	RL_FAULT("pidfd_signal");
	return pidfd_send_signal(pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int pidfd_wait_first(int one, int other, int ms)
{
	struct pollfd p[] = {
		{ .fd = one, .events = POLLIN },
		{ .fd = other, .events = POLLIN },
	};
	int n;

	do {
		n = poll(p, RL_COUNT(p), ms);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -ETIMEDOUT;
	return p[0].revents ? 0 : 1;
}

bool pidfd_wait(int pidfd, int ms)
{
	return pidfd_wait_first(pidfd, -EBADF, ms) == 0;
}

void pidfd_children_wait(void)
{
	const struct sigaction sa = { .sa_handler = SIG_DFL };

	sigaction(SIGCHLD, &sa, NULL);
}

int pidfd_child(int pidfd)
{
	static const char key[] = "\nPid:\t";
	char path[40], text[512];
	siginfo_t si = { 0 };
	const char *at;
	long long n;
	int r;

	if (waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	r = fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	if (r < 0)
		return r;
	at = strstr(text, key);
	n = at ? strtoll(at + strlen(key), NULL, 10) : 0;
	/* -1: it is reaped; 0: in a pid namespace that is not ours. */
	return n > 0 && n <= INT_MAX ? (int)n : -ECHILD;
}

int pidfd_reap(int pidfd, int *ret_status)
{
	siginfo_t si = { 0 };
	int r;

	do {
		r = waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED | __WALL);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	*ret_status = si.si_code == CLD_EXITED ? W_EXITCODE(si.si_status, 0) : si.si_status;
	return 0;
}

bool pidfd_has_children(void)
{
	siginfo_t si;

	return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

void pidfd_reap_all(void)
{
	pid_t pid;

	do {
		pid = waitpid(-1, NULL, __WALL);
	} while (pid > 0 || (pid < 0 && errno == EINTR));
}
