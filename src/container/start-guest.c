/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The waiting process: one connection at a time to the socket in the state directory. A connection
 * that ends without START was a question whether we still wait (start_connect()).
 */
#include "container/init.h"

#include <linux/fcntl.h>

static long next_start(struct init *i, int listen_fd)
{
	for (;;) {
		struct message in;
		long fd, n;

		fd = SYS_4(__NR_accept4, listen_fd, 0, 0, O_CLOEXEC);
		if (fd == -EINTR || fd == -ECONNABORTED)
			continue;
		if (fd < 0)
			return fd;
		n = sys_read((int)fd, &in, sizeof(in));
		if (n >= (long)message_size(MESSAGE_START) && in.type == MESSAGE_START) {
			i->trace = in.trace;
			return fd;
		}
		sys_close((int)fd);
	}
}

int start_wait(struct init *i)
{
	long fd = next_start(i, i->p->start_fd);

	if (fd < 0)
		return guest_fail(&i->g, fd, 0, "wait for start", NULL);
	/* From now on we talk to the one who started us. */
	sys_close(i->report_fd);
	sys_close(i->p->start_fd);
	i->report_fd = (int)fd;
	return 0;
}
