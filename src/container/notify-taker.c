/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the datagrams of a container in a process of its own; see notify-taker.h. */
#include "container/notify-taker.h"

#include "base/auto.h"
#include "os/helper.h"
#include "os/libc.h"
#include "os/notifysock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* What we say to the child. */
enum word { RELEASE = 'r', LAST = 'l' };

/* What it says to us: first, that the socket is there; then the messages; at last, why it ends. */
struct said {
	int error;
	struct notify_text text;
};

/* The child. */
struct taker {
	int us;
	int dir;
	int in; /* the socket */
	const char *name;
	pid_t main;
	bool last; /* it is to end when nothing is there */
};

/*
 * Our two, at known places, and no other: who waits for the end of a pipe of our caller does not
 * wait for us. The signals of his terminal are not for us.
 */
static bool keep(struct taker *t)
{
	sigset_t all;
	/* One may be in the place of the other. */
	const int us = fcntl(t->us, F_DUPFD, 2), dir = fcntl(t->dir, F_DUPFD, 2);

	libc_fill_signals(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	t->us = 0;
	t->dir = 1;
	return us >= 0 && dir >= 0 && dup2(us, t->us) >= 0 && dup2(dir, t->dir) >= 0 &&
	       close_range(2, ~0U, 0) == 0;
}

static bool tell(const struct taker *t, const struct said *s)
{
	return send(t->us, s, sizeof(*s), MSG_NOSIGNAL) == sizeof(*s);
}

/* False: we are to end. */
static bool hear(struct taker *t, enum word *ret)
{
	char c = 0;

	if (recv(t->us, &c, 1, 0) != 1)
		return false;
	*ret = (enum word)c;
	t->last |= c == LAST;
	return true;
}

static bool wait_release(struct taker *t)
{
	enum word word = LAST;

	while (word != RELEASE)
		if (!hear(t, &word))
			return false;
	return true;
}

/* Until there is a datagram, or a word from our parent. */
static int wait_next(struct taker *t)
{
	struct pollfd p[] = {
		{ .fd = t->us, .events = POLLIN },
		{ .fd = t->in, .events = POLLIN },
	};
	enum word word;

	if (t->last)
		return -ENODATA;
	if (poll(p, RL_COUNT(p), -1) < 0)
		return -errno;
	return !p[0].revents || hear(t, &word) ? 0 : -EPIPE;
}

/* The text goes on before the datagram is removed, which may wait. Negative: there are no more. */
static int take_one(struct taker *t)
{
	struct said s = { 0 };
	char bytes[NOTIFY_TEXT_MAX];
	bool fds;
	int r = notifysock_look(t->in, bytes, sizeof(bytes), &fds);

	if (r == -EAGAIN)
		return wait_next(t);
	if (r < 0 && r != -EMSGSIZE)
		return r;
	if (r < 0)
		s.error = r;
	else
		notify_text_sift(bytes, (size_t)r, t->main, &s.text);
	/* Without a descriptor nobody waits. */
	s.text.barrier = s.text.barrier && fds;
	if ((s.error || s.text.len || s.text.barrier) && !tell(t, &s))
		return -EPIPE;
	if (s.text.barrier && !wait_release(t))
		return -EPIPE;
	return notifysock_drop(t->in);
}

static void take_all(void *context)
{
	struct taker *t = context;
	struct said s = { 0 };

	if (!keep(t))
		return;
	t->in = notifysock_bind(t->dir, t->name);
	close(t->dir);
	if (t->in < 0)
		s.error = t->in;
	else
		tell(t, &s);
	while (!s.error)
		s.error = take_one(t);
	tell(t, &s);
}

static int start(struct notify_taker *t, struct taker *child)
{
	rl_autoclose int ours = -EBADF, theirs = -EBADF;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	child->us = theirs;
	pid = helper_start(0, "rundlet-notify", take_all, child, &t->pidfd);
	if (pid < 0)
		return pid;
	t->fd = RL_TAKE_FD(ours);
	return 0;
}

static int receive(const struct notify_taker *t, struct said *ret, int flags)
{
	ssize_t n;

	do {
		n = recv(t->fd, ret, sizeof(*ret), flags);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(*ret) ? ret->error : -ECHILD;
}

int notify_taker_begin(struct notify_taker *t, int dir, const char *name, pid_t main,
		       struct rl_err *e)
{
	struct taker child = { .dir = dir, .name = name, .main = main };
	struct said first;
	int r = start(t, &child);

	if (r < 0)
		return rl_fail(e, r, "start the process that takes the container's messages");
	r = receive(t, &first, 0);
	return r < 0 ? rl_fail(e, r, "make the notify socket of the container") : 0;
}

void notify_taker_done(struct notify_taker *t)
{
	auto_close(&t->fd);
	helper_end(&t->pidfd);
}

int notify_taker_take(struct notify_taker *t, struct notify_text *ret)
{
	struct said said;
	int r = receive(t, &said, MSG_DONTWAIT);

	if (r == 0) {
		*ret = said.text;
	} else if (r != -EAGAIN && r != -EMSGSIZE) {
		auto_close(&t->fd);
	}
	return r;
}

/* A child that has ended hears nothing: its end is seen when it is asked for a message. */
static void say(const struct notify_taker *t, enum word word)
{
	const char c = (char)word;

	if (t->fd >= 0)
		(void)!send(t->fd, &c, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_taker_release(struct notify_taker *t)
{
	say(t, RELEASE);
}

void notify_taker_last(struct notify_taker *t)
{
	say(t, LAST);
}
