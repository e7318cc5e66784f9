/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the start socket; see start.h. */
#include "container/start.h"

#include "base/auto.h"
#include "base/fault.h"
#include "container/message.h"
#include "container/plan.h"
#include "os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BACKLOG 128 /* connections of start_connect() at the same time */

/* By way of the descriptor: the path of a state root may be longer than an address can hold. */
static struct sockaddr_un address(int state_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (fault_is_weak("socket"))
		snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "rundlet-start");
	else
		snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/start", state_fd);
	return a;
}

static int open_socket(int flags)
{
	int fd;

	RL_FAULT("start_socket");
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
	return fd < 0 ? -errno : fd;
}

int start_listen(int state_fd)
{
	struct sockaddr_un a = address(state_fd);
	rl_autoclose int fd = open_socket(0);

	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return RL_TAKE_FD(fd);
}

int start_connect(int state_fd)
{
	struct sockaddr_un a = address(state_fd);
	rl_autoclose int fd = open_socket(SOCK_NONBLOCK);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return errno == ENOENT ? -ECONNREFUSED : -errno;
	return RL_TAKE_FD(fd);
}

/* One message: 1, 0 at the end of the connection, or a negative errno with *e filled. */
static int receive(int fd, struct message *m, struct rl_err *e)
{
	ssize_t n;

	do {
		n = recv(fd, m, sizeof(*m), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == ECONNRESET)
		n = 0;
	if (n < 0)
		return rl_fail(e, -errno, "hear from the container's process");
	if (n > 0 && (size_t)n != message_size(m->type))
		return rl_fail(e, -EPROTO, "read a message of the container's process");
	return n > 0;
}

/* Whether the message is one of the start phase; takes it in. */
static bool take_message(const struct message *m, struct trace_time *times, bool *exec)
{
	if (m->type == MESSAGE_EXEC) {
		*exec = true;
		if (times)
			times[STEP_exec].t0 = m->t0;
		return true;
	}
	if (m->type != MESSAGE_STEP || m->step < 0 || m->step >= STEPS)
		return false;
	if (times)
		times[m->step] = (struct trace_time){ m->t0, m->t1 };
	return true;
}

int start_follow(int fd, struct trace_time *times, struct rl_err *e)
{
	struct message m;
	bool exec = false;
	int r;

	while ((r = receive(fd, &m, e)) > 0) {
		if (m.type == MESSAGE_ERROR)
			return rl_err_take(e, &m.err);
		if (!take_message(&m, times, &exec))
			return rl_fail(e, -EPROTO, "keep step with the container's process");
	}
	if (r < 0)
		return r;
	if (!exec)
		return rl_whole(e, -ECHILD,
				"the container's process ended before it executed the program");
	/* The connection ended with the execve. */
	if (times)
		times[STEP_exec].t1 = clock_ns();
	return 0;
}

/* The words are those of runc. */
static int has_stopped(struct rl_err *e)
{
	return rl_whole(e, -ECONNREFUSED, "cannot start a container that has stopped");
}

int start_send(int fd, bool trace, struct rl_err *e)
{
	struct message m = { .type = MESSAGE_START, .trace = trace };

	if (fd == -ECONNREFUSED)
		return has_stopped(e);
	if (fd < 0)
		return rl_fail(e, fd, "reach the container's process");
	if (fcntl(fd, F_SETFL, 0) < 0)
		return rl_fail(e, -errno, "wait for the container's process");
	if (send(fd, &m, message_size(m.type), MSG_NOSIGNAL) < 0)
		return errno == EPIPE || errno == ECONNRESET ?
			       has_stopped(e) :
			       rl_fail(e, -errno, "tell the container's process to start");
	return 0;
}
