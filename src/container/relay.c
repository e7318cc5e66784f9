/* SPDX-License-Identifier: Apache-2.0 */
/* Passes bytes between our standard streams and a terminal; see relay.h. */
#include "container/relay.h"

#include "base/auto.h"
#include "os/fdtake.h"
#include "os/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define IDLE_MS 500 /* a program that has closed its terminal is looked after so often */

/* --- descriptors --- */

/*
 * A standard stream, such that reading and writing never wait. O_NONBLOCK on it would be O_NONBLOCK
 * for all who share it, our caller among them: a pipe or terminal is opened anew. Files never make
 * wait, and sockets are asked not to.
 */
static int open_own(int fd, int flags)
{
	char path[32];
	struct stat st;
	int own = -EBADF;

	if (fstat(fd, &st) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
		own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return own < 0 ? -errno : own;
}

static bool is_later(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Fill an empty buffer: 1, 0 if nothing is there yet, -1 at the end. */
static int take(int fd, struct relay_bytes *b)
{
	ssize_t n = recv(fd, b->data, sizeof(b->data), MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = read(fd, b->data, sizeof(b->data));
	if (is_later(n))
		return 0;
	if (n <= 0)
		return -1;
	b->at = 0;
	b->len = (size_t)n;
	return 1;
}

/* Write from the buffer: 1, 0 if nothing is taken yet, -1 if nobody takes anything any more. */
static int give(int fd, struct relay_bytes *b)
{
	ssize_t n = send(fd, b->data + b->at, b->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, b->data + b->at, b->len);
	if (is_later(n))
		return 0;
	if (n < 0)
		return -1;
	b->at += (size_t)n;
	b->len -= (size_t)n;
	return 1;
}

/* --- the two ways --- */

/* The kernel tells the program as it does when a modem hangs up. */
static void hang_up(struct relay *r)
{
	auto_close(&r->master);
	auto_close(&r->input);
	auto_close(&r->output);
}

static void show(struct relay *r, bool ready)
{
	if (ready && r->master >= 0 && !r->shown.len)
		r->idle = take(r->master, &r->shown) < 0;
	if (r->shown.len && r->output >= 0 && give(r->output, &r->shown) < 0)
		auto_close(&r->output);
	/* The program is not kept waiting for nobody. */
	if (r->output < 0)
		r->shown.len = 0;
}

static void type_end(struct relay *r)
{
	r->typed.at = 0;
	r->typed.len = tty_end(r->master, r->open_line, r->typed.data);
	r->end_typed = true;
}

static void type(struct relay *r, bool ready)
{
	if (ready && r->input >= 0 && !r->typed.len) {
		int got = take(r->input, &r->typed);

		if (got > 0)
			r->open_line = r->typed.data[r->typed.len - 1] != '\n';
		if (got < 0)
			auto_close(&r->input);
		/* One that is over has been hung up itself. */
		if (got < 0 && r->tty >= 0)
			hang_up(r);
	}
	if (r->master >= 0 && r->input < 0 && !r->typed.len && !r->end_typed)
		type_end(r);
	if (r->master >= 0 && r->typed.len && give(r->master, &r->typed) < 0)
		r->typed.len = 0;
}

int relay_poll(const struct relay *r, struct pollfd ret[RELAY_POLLS])
{
	const bool typed = r->typed.len > 0, shown = r->shown.len > 0;
	short master = (short)((shown ? 0 : POLLIN) | (typed ? POLLOUT : 0));

	/* A descriptor of which nothing is wanted is left out: POLLHUP would come all the time. */
	ret[0] = (struct pollfd){ .fd = master && !r->idle ? r->master : -1, .events = master };
	ret[1] = (struct pollfd){ .fd = r->master < 0 || typed ? -1 : r->input, .events = POLLIN };
	ret[2] = (struct pollfd){ .fd = shown ? r->output : -1, .events = POLLOUT };
	return r->idle && r->master >= 0 ? IDLE_MS : -1;
}

void relay_move(struct relay *r, const struct pollfd polled[RELAY_POLLS])
{
	if (r->master < 0)
		return;
	show(r, r->idle || polled[0].revents);
	type(r, polled[1].revents);
	if (r->master >= 0 && r->input < 0 && r->output < 0)
		hang_up(r);
}

bool relay_rest(struct relay *r, struct pollfd *ret)
{
	auto_close(&r->input);
	do {
		if (r->master < 0 || r->output < 0)
			return false;
		/* Whoever else has the terminal may write for ever: what is there counts. */
		if (!r->shown.len && take(r->master, &r->shown) <= 0)
			return false;
		show(r, false);
	} while (!r->shown.len);
	*ret = (struct pollfd){ .fd = r->output, .events = POLLOUT };
	return true;
}

/* --- our own terminal --- */

/* The program's may have been hung up: no failure. */
static void copy_size(struct relay *r)
{
	uint16_t rows, columns;

	if (r->master >= 0 && tty_size(&rows, &columns))
		tty_resize(r->master, rows, columns);
}

/* In the background this stops us, until we are in the foreground. */
static int be_raw(struct relay *r)
{
	struct termios old;
	int ret = r->tty >= 0 ? tty_raw(r->tty, &old) : 0;

	if (ret < 0 || r->tty < 0)
		return ret;
	/* The second time it is raw already, unless somebody has restored it. */
	if (!r->raw)
		r->old = old;
	r->raw = true;
	return 0;
}

static void restore(struct relay *r)
{
	if (r->raw)
		tty_restore(r->tty, &r->old);
	r->raw = false;
}

/*
 * A fault of ours, or abort(3), ends us at once. The signal comes again when this returns, or was
 * sent; its action is the default then. tcsetattr(3) and what tty_restore() asks before may be
 * called here.
 */
static const struct relay *in_front;

static void restore_and_end(int signal)
{
	if (in_front && in_front->raw)
		tty_restore(in_front->tty, &in_front->old);
	raise(signal);
}

/* NULL: no terminal of ours is raw, or will be. */
static void watch_faults(const struct relay *r)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	struct sigaction a = { .sa_flags = (int)SA_RESETHAND };

	a.sa_handler = r ? restore_and_end : SIG_DFL;
	in_front = r;
	for (size_t i = 0; i < RL_COUNT(fatal); i++)
		sigaction(fatal[i], &a, NULL);
}

/* As if Control-Z had been typed at a terminal that is not raw. */
static void stop(struct relay *r)
{
	sigset_t set;

	restore(r);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool relay_signal(struct relay *r, int signal)
{
	if (signal == SIGWINCH)
		copy_size(r);
	if (r->tty < 0)
		return signal == SIGWINCH;
	if (signal == SIGTSTP)
		stop(r);
	/* After a stop the shell has its own modes, and the window may have another size. */
	if (signal == SIGTSTP || signal == SIGCONT) {
		be_raw(r);
		copy_size(r);
	}
	return signal == SIGWINCH || signal == SIGTSTP || signal == SIGCONT;
}

/* Who reads or sets a terminal in the background is stopped by these. */
static void allow_job_control(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int relay_begin(struct relay *r, int sock, struct rl_err *e)
{
	int ret;

	r->master = fdtake_one(sock);
	if (r->master < 0)
		return rl_fail_at(e, r->master, "process.terminal", "take over the terminal");
	if (fcntl(r->master, F_SETFL, O_NONBLOCK) < 0)
		return rl_fail_at(e, -errno, "process.terminal", "set up the terminal");
	r->input = open_own(STDIN_FILENO, O_RDONLY);
	r->output = open_own(STDOUT_FILENO, O_WRONLY);
	if (isatty(STDIN_FILENO))
		r->tty = STDIN_FILENO;
	allow_job_control();
	if (r->tty >= 0)
		watch_faults(r);
	ret = be_raw(r);
	return ret < 0 ? rl_fail(e, ret, "pass on every byte of our terminal") : 0;
}

void relay_done(struct relay *r)
{
	restore(r);
	if (in_front == r)
		watch_faults(NULL);
	hang_up(r);
}
