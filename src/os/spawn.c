/* SPDX-License-Identifier: Apache-2.0 */
/* Starts programs of the host; see spawn.h. */
#include "os/spawn.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/libc.h"
#include "os/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPAWN_AS_OUT (-2) /* in spawn_piped(): standard error is the same pipe */

/* 0 or a positive errno. */
static int add_streams(posix_spawn_file_actions_t *files, const struct spawn *s)
{
	if (s->in < 0)
		posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(files, s->in, 0);
	posix_spawn_file_actions_adddup2(files, s->out, 1);
	if (s->err >= 0)
		posix_spawn_file_actions_adddup2(files, s->err, 2);
	if (s->dir)
		posix_spawn_file_actions_addchdir_np(files, s->dir);
	return libc_add_close_from(files, 3);
}

static void add_signals(posix_spawnattr_t *attr)
{
	sigset_t all, none;

	libc_fill_signals(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
}

int spawn_program(const struct spawn *s, pid_t *ret)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r;

	pidfd_children_wait();
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr,
				 s->own_group ? (short)(flags | POSIX_SPAWN_SETPGROUP) : flags);
	add_signals(&attr);
	r = add_streams(&files, s);
	if (r == 0)
		r = posix_spawn(ret, s->path, &files, &attr, s->argv, s->envp);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

/* spawn_program(), whose standard output is a pipe that the caller reads. */
static int spawn_piped(const struct spawn *s, int *ret_in, pid_t *ret_pid)
{
	rl_autoclose int in = -EBADF, out = -EBADF;
	struct spawn piped = *s;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	in = ends[0];
	out = ends[1];
	piped.out = out;
	if (s->err == SPAWN_AS_OUT)
		piped.err = out;
	r = spawn_program(&piped, ret_pid);
	if (r == 0)
		*ret_in = RL_TAKE_FD(in);
	return r;
}

int spawn_reader(const char *path, char *const argv[], int *ret_out, int *ret_pidfd)
{
	rl_autoclose int in = -EBADF;
	pid_t pid;
	int r;

	RL_FAULT("spawn_reader");
	r = spawn_piped(
		&(struct spawn){
			.path = path, .argv = argv, .envp = environ, .in = -EBADF, .err = -EBADF },
		&in, &pid);
	if (r < 0)
		return r;
	r = pidfd_of(pid);
	if (r < 0) {
		/* Its reader is gone: it ends by itself, or by SIGPIPE. */
		close(RL_TAKE_FD(in));
		waitpid(pid, NULL, 0);
		return r;
	}
	*ret_pidfd = r;
	*ret_out = RL_TAKE_FD(in);
	return 0;
}

/* The first line of what comes, of which there may be more. */
static void read_line(int fd, char *buf, size_t size)
{
	char rest[256];
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, rest, sizeof(rest));
		for (ssize_t i = 0; i < n && len + 1 < size; i++)
			buf[len++] = rest[i];
	} while (n > 0 || (n < 0 && errno == EINTR));
	buf[len] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

int spawn_wait(const char *path, char *const argv[], int *ret_status, char *buf, size_t size)
{
	static char *const no_env[] = { NULL };
	rl_autoclose int in = -EBADF;
	pid_t pid;
	int r;

	RL_FAULT("spawn_wait");
	r = spawn_piped(&(struct spawn){ .path = path,
					 .argv = argv,
					 .envp = no_env,
					 .in = -EBADF,
					 .err = SPAWN_AS_OUT },
			&in, &pid);
	if (r < 0)
		return r;
	read_line(in, buf, size);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}
