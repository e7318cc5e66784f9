/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of a terminal: who gets it; see console.h. */
#include "container/console.h"

#include "base/auto.h"
#include "os/fdsend.h"
#include "os/tty.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLE_KEY "process.terminal"

int console_check(const struct plan *p, const char *console_socket, bool detached, struct rl_err *e)
{
	if (console_socket && !p->console.wanted)
		return rl_whole(e, -EINVAL,
				"--console-socket is of no use: process.terminal is false");
	if (console_socket && !detached)
		return rl_whole(e, -EINVAL,
				"--console-socket is of no use without --detach: rundlet itself is "
				"at the terminal's other side");
	if (p->console.wanted && detached && !console_socket) {
		rl_hint(e, "give --console-socket, or have rundlet run stay: without --detach");
		return rl_refuse(e, CONSOLE_KEY,
				 "nobody would have the terminal's other side: --console-socket "
				 "is missing");
	}
	return 0;
}

/* The stub writes to its end as to a console socket. */
static int make_pair(struct console_plan *p, int *ret_fd, struct rl_err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return rl_fail_at(e, -errno, CONSOLE_KEY, "make the sockets for the terminal");
	*ret_fd = ends[0];
	p->sock_fd = ends[1];
	tty_size(&p->rows, &p->columns);
	return 0;
}

int console_open(struct plan *p, const char *console_socket, int *ret_fd, struct rl_err *e)
{
	int fd;

	if (!console_socket)
		return make_pair(&p->console, ret_fd, e);
	fd = fdsend_connect(console_socket);
	if (fd < 0)
		return rl_fail_at(e, fd, CONSOLE_KEY, "connect to --console-socket \"%s\"",
				  console_socket);
	p->console.sock_fd = fd;
	return 0;
}

void console_close(struct plan *p)
{
	if (p->console.wanted && p->console.sock_fd >= 0)
		close(p->console.sock_fd);
	p->console.sock_fd = -EBADF;
}
