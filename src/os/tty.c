/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals; see tty.h. */
#include "os/tty.h"

#include "base/fault.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tty_raw(int fd, struct termios *ret_old)
{
	struct termios old, raw;

	RL_FAULT("tty_raw");
	if (tcgetattr(fd, &old) < 0)
		return -errno;
	raw = old;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return -errno;
	*ret_old = old;
	return 0;
}

void tty_restore(int fd, const struct termios *old)
{
	pid_t front = tcgetpgrp(fd);

	/* One that is not our controlling terminal has no background. */
	if (front < 0 || front == getpgrp())
		tcsetattr(fd, TCSANOW, old);
}

bool tty_size(uint16_t *ret_rows, uint16_t *ret_columns)
{
	struct winsize w;

	for (int fd = 0; fd <= 2; fd++) {
		if (ioctl(fd, TIOCGWINSZ, &w) < 0 || (!w.ws_row && !w.ws_col))
			continue;
		*ret_rows = w.ws_row;
		*ret_columns = w.ws_col;
		return true;
	}
	return false;
}

int tty_resize(int fd, uint16_t rows, uint16_t columns)
{
	const struct winsize w = { .ws_row = rows, .ws_col = columns };

	RL_FAULT("tty_resize");
	return ioctl(fd, TIOCSWINSZ, &w) < 0 ? -errno : 0;
}

/* The first one after text only ends the waiting for the line's end (termios(3), VEOF). */
size_t tty_end(int fd, bool open_line, char ret[2])
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0 || t.c_cc[VEOF] == _POSIX_VDISABLE)
		return 0;
	ret[0] = ret[1] = (char)t.c_cc[VEOF];
	return open_line && (t.c_lflag & ICANON) ? 2 : 1;
}
