/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of a filter's listener: the way to the agent; see listener.h. */
#include "container/listener.h"

#include "os/fdsend.h"

#include <errno.h>
#include <unistd.h>

int listener_open(struct plan *p, struct rl_err *e)
{
	const char *path = flat_get_str(p, p->listener.path);
	const char *where = flat_get_str(p, p->listener.where);
	int fd = fdsend_connect(path);

	if (fd < 0) {
		rl_hint(e, "who answers the system calls has to listen there before the container "
			   "is made");
		return rl_fail_at(e, fd, where, "connect to the socket \"%s\"", path);
	}
	p->listener.sock_fd = fd;
	return 0;
}

void listener_close(struct plan *p)
{
	if (p->listener.path && p->listener.sock_fd >= 0)
		close(p->listener.sock_fd);
	p->listener.sock_fd = -EBADF;
}
