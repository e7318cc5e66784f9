/* SPDX-License-Identifier: Apache-2.0 */
/* Passes on what a container says about itself; see notify.h. */
#include "container/notify.h"

#include "base/auto.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/fdio.h"
#include "os/notifysock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The manager may take so long for what came before a barrier: as with sd_notify_barrier(3) of
 * engines. */
#define BARRIER_MS 30000

/* So many messages at a time: whoever sends without end does not keep us from the terminal. */
#define AT_ONCE 16

/* And so many times that, when the container's process has ended: more than a queue has, but who is
 * left may go on for ever. */
#define LAST_ROUNDS 1024

/* So long we then wait for who takes messages: one may have brought a descriptor whose close waits.
 */
#define LAST_MS 5000

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
	n->out = notifysock_connect(address);
	if (n->out < 0) {
		rl_hint(e, "unset NOTIFY_SOCKET if nobody is to be told");
		return rl_fail(e, n->out, "connect to NOTIFY_SOCKET \"%.128s\"", address);
	}
	return notify_taker_begin(&n->taker, dir, NOTIFY_SOCKET, main, e);
}

void notify_done(struct notify *n)
{
	auto_close(&n->out);
	auto_close(&n->barrier);
	notify_taker_done(&n->taker);
}

static void end_barrier(struct notify *n)
{
	auto_close(&n->barrier);
	if (n->asked)
		notify_taker_release(&n->taker);
	n->asked = false;
}

/* Whether the manager has let go of its end, or never will. */
static bool barrier_is_over(const struct notify *n)
{
	struct pollfd p = { .fd = n->barrier };

	return (poll(&p, 1, 0) > 0 && p.revents & POLLHUP) || clock_ms() >= n->until;
}

/* False: later. */
static bool send_barrier(struct notify *n)
{
	int r = notifysock_barrier(n->out);

	if (r == -EAGAIN)
		return false;
	n->next.barrier = false;
	n->barrier = r < 0 ? -EBADF : r;
	n->until = clock_ms() + (fault_is_denied("barrier_time") ? 0 : BARRIER_MS);
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
	int r = n->taker.fd < 0 ? -ENODATA : notify_taker_take(&n->taker, &n->next);

	if (r == -EMSGSIZE)
		tell_once(n, "take a message of the container", r);
	else if (r < 0 && r != -EAGAIN && r != -ENODATA)
		tell_once(n, "take more messages of the container", r);
	n->asked = r == 0 && n->next.barrier;
	return r == 0 || r == -EMSGSIZE;
}

/* Whether nothing is on its way. */
static bool is_idle(const struct notify *n)
{
	return n->barrier < 0 && !n->next.len && !n->next.barrier;
}

bool notify_move(struct notify *n)
{
	if (n->out < 0)
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
	int64_t left = n->until - clock_ms();

	/* POLLHUP comes without being asked for. */
	if (n->barrier >= 0) {
		ret[0] = (struct pollfd){ .fd = n->barrier };
		return left > 0 ? (int)left : 0;
	}
	ret[0] = (struct pollfd){ .fd = n->taker.fd, .events = POLLIN };
	if (!is_idle(n))
		ret[0] = (struct pollfd){ .fd = n->out, .events = POLLOUT };
	return -1;
}

/* Whether all that the container said has been passed on, and it says no more. */
static bool is_over(const struct notify *n)
{
	return n->taker.fd < 0 && is_idle(n);
}

void notify_last(struct notify *n)
{
	const int64_t until = clock_ms() + LAST_MS;
	struct pollfd p[NOTIFY_POLLS];

	notify_taker_last(&n->taker);
	for (int i = 0; i < LAST_ROUNDS; i++) {
		const bool more = notify_move(n);
		int64_t left = until - clock_ms();

		/* Nor does the manager keep us. */
		if (is_over(n) || !is_idle(n))
			return;
		notify_poll(n, p);
		if (left <= 0 || (!more && poll(p, RL_COUNT(p), (int)left) == 0))
			break;
	}
	tell_once(n, "take the container's last messages", -ETIMEDOUT);
}

bool notify_is_open(const struct notify *n)
{
	return n->out >= 0;
}

int notify_wait(struct notify *n, int pidfd, struct rl_err *e)
{
	struct pollfd p[1 + NOTIFY_POLLS] = { { .fd = pidfd, .events = POLLIN } };
	bool over = false, asked = false;
	int left = LAST_ROUNDS;
	int64_t until = 0;

	while (notify_is_open(n)) {
		const bool more = notify_move(n);
		int ms;

		if (n->ready && asked && is_idle(n))
			return 0;
		if (n->ready && is_idle(n)) {
			/* We are gone then, and the manager looks at who has sent a message. */
			asked = n->next.barrier = true;
			continue;
		}
		/* From the end on; the manager has a time of his own. */
		if (!over || !is_idle(n))
			until = clock_ms() + LAST_MS;
		if (!over && (pidfd < 0 || p[0].revents)) {
			over = true;
			p[0].fd = -1;
			notify_taker_last(&n->taker);
		}
		if (is_over(n) || (over && (!left-- || clock_ms() >= until)))
			break;
		ms = notify_poll(n, p + 1);
		if (over && is_idle(n))
			ms = LAST_MS;
		/* Who sends without end does not keep us from seeing that the process ended. */
		if (poll(p, RL_COUNT(p), more ? 0 : ms) < 0 && errno != EINTR)
			return rl_fail(e, -errno, "wait for the container to be ready");
	}
	if (over)
		log_warn("the container's process ended before it sent READY=1 to NOTIFY_SOCKET, "
			 "ignoring");
	return 0;
}
