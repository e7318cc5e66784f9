/* SPDX-License-Identifier: Apache-2.0 */
/* Passes on what a container says about itself; see notify.h. */
#include "container/notify.h"

#include "base/auto.h"
#include "base/log.h"
#include "os/fdio.h"
#include "os/notifysock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The manager may take so long for what came before a barrier: as with sd_notify_barrier(3) of
 * engines. */
#define BARRIER_MS 30000

/* So many messages at a time: whoever sends without end does not keep us from the terminal. */
#define AT_ONCE 16

/* And so many times that, when the container's process has ended. */
#define LAST_ROUNDS 64

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}

/* The container could fill a log with more than one. */
static void tell_once(struct notify *n, const char *what, int r)
{
	if (!n->warned)
		log_warn("NOTIFY_SOCKET: %s: %s, ignoring", what, rl_errno_text(-r));
	n->warned = true;
}

static int make_dir(int state_fd)
{
	rl_autoclose int fd = -EBADF;
	int r = fdio_mkdir_at(state_fd, NOTIFY_DIR, 0755);

	if (r < 0)
		return r;
	fd = fdio_open_at(state_fd, NOTIFY_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	/* Whatever our umask: the container's users pass it. */
	return fd < 0 ? fd : fchmod(fd, 0755) < 0 ? -errno : 0;
}

int notify_make(int state_fd, struct rl_err *e)
{
	int r = make_dir(state_fd);

	return r < 0 ? rl_fail(e, r, "make the directory of the notify socket") : 0;
}

int notify_check_address(const char *address, struct rl_err *e)
{
	if (notifysock_is_address(address))
		return 0;
	rl_hint(e, "it is an absolute path of at most 107 bytes, or @ and an abstract name; unset "
		   "it if nobody is to be told");
	return rl_whole(e, -EINVAL, "NOTIFY_SOCKET: \"%.128s\" is not the address of a socket",
			address);
}

int notify_begin(struct notify *n, int state_fd, const char *address, pid_t main, struct rl_err *e)
{
	rl_autoclose int dir = -EBADF;
	int r;

	if (!address)
		return 0;
	dir = fdio_open_at(state_fd, NOTIFY_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return rl_fail(e, dir, "open the directory of the notify socket");
	r = notify_check_address(address, e);
	if (r < 0)
		return r;
	n->main = main;
	n->out = notifysock_connect(address);
	if (n->out < 0) {
		rl_hint(e, "unset NOTIFY_SOCKET if nobody is to be told");
		return rl_fail(e, n->out, "connect to NOTIFY_SOCKET \"%.128s\"", address);
	}
	n->in = notifysock_bind(dir, NOTIFY_SOCKET);
	return n->in < 0 ? rl_fail(e, n->in, "make the notify socket of the container") : 0;
}

void notify_done(struct notify *n)
{
	close_end(&n->in);
	close_end(&n->out);
	close_end(&n->barrier);
	close_end(&n->held);
}

static void end_barrier(struct notify *n)
{
	close_end(&n->barrier);
	close_end(&n->held);
}

/* Whether the manager has let go of its end, or never will. */
static bool barrier_is_over(const struct notify *n)
{
	struct pollfd p = { .fd = n->barrier };

	return (poll(&p, 1, 0) > 0 && p.revents & POLLHUP) || now_ms() >= n->until;
}

/* False: later. */
static bool send_barrier(struct notify *n)
{
	int r = notifysock_barrier(n->out);

	if (r == -EAGAIN)
		return false;
	n->next.barrier = false;
	n->barrier = r < 0 ? -EBADF : r;
	n->until = now_ms() + BARRIER_MS;
	if (r >= 0)
		return true;
	tell_once(n, "pass a barrier on", r);
	end_barrier(n);
	return true;
}

/* Send what is next. False: later. */
static bool send_next(struct notify *n)
{
	if (n->next.len) {
		int r = notifysock_give(n->out, n->next.text, n->next.len);

		if (r == -EAGAIN)
			return false;
		if (r < 0)
			tell_once(n, "pass a message on", r);
		n->next.len = 0;
		/* One that cannot be told is not waited for. */
		n->ready |= n->next.ready;
	}
	return !n->next.barrier || send_barrier(n);
}

/* False: there is none. */
static bool take_next(struct notify *n)
{
	char bytes[NOTIFY_TEXT_MAX];
	int fd = -EBADF;
	int r = notifysock_take(n->in, bytes, sizeof(bytes), &fd);

	if (r >= 0)
		notify_text_sift(bytes, (size_t)r, n->main, &n->next);
	else if (r != -EAGAIN)
		tell_once(n, "take a message of the container", r);
	/* Without a descriptor nobody waits. */
	n->next.barrier = n->next.barrier && fd >= 0;
	if (n->next.barrier)
		n->held = RL_TAKE_FD(fd);
	close_end(&fd);
	return r >= 0 || r == -EMSGSIZE;
}

/* Whether nothing is on its way. */
static bool is_idle(const struct notify *n)
{
	return n->barrier < 0 && !n->next.len && !n->next.barrier;
}

bool notify_move(struct notify *n)
{
	if (n->in < 0)
		return false;
	for (int i = 0; i < AT_ONCE; i++) {
		if (n->barrier >= 0 && !barrier_is_over(n))
			return false;
		if (n->barrier >= 0)
			end_barrier(n);
		if (is_idle(n) && !take_next(n))
			return false;
		if (!send_next(n))
			return false;
	}
	return true;
}

int notify_poll(const struct notify *n, struct pollfd ret[NOTIFY_POLLS])
{
	int64_t left = n->until - now_ms();

	/* POLLHUP comes without being asked for. */
	if (n->barrier >= 0) {
		ret[0] = (struct pollfd){ .fd = n->barrier };
		return left > 0 ? (int)left : 0;
	}
	ret[0] = (struct pollfd){ .fd = n->in, .events = POLLIN };
	if (!is_idle(n))
		ret[0] = (struct pollfd){ .fd = n->out, .events = POLLOUT };
	return -1;
}

int notify_wait(struct notify *n, int pidfd, struct rl_err *e)
{
	struct pollfd p[1 + NOTIFY_POLLS] = { { .fd = pidfd, .events = POLLIN } };
	bool over = pidfd < 0, asked = false;
	int left = LAST_ROUNDS;

	while (n->in >= 0) {
		const bool more = notify_move(n);
		int wait;

		if (n->ready && asked && is_idle(n))
			return 0;
		if (n->ready && is_idle(n)) {
			/* We are gone then, and the manager looks at who has sent a message. */
			asked = n->next.barrier = true;
			continue;
		}
		if (over && ((is_idle(n) && !more) || !left--)) {
			log_warn("the container's process ended before it sent READY=1 to "
				 "NOTIFY_SOCKET, ignoring");
			return 0;
		}
		wait = notify_poll(n, p + 1);
		/* Who sends without end does not keep us from seeing that the process ended. */
		if (poll(p, RL_COUNT(p), more ? 0 : wait) < 0 && errno != EINTR)
			return rl_fail(e, -errno, "wait for the container to be ready");
		over |= p[0].revents != 0;
		p[0].fd = over ? -1 : pidfd;
	}
	return 0;
}
