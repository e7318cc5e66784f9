/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a container's process that failed: the error is its last message. */
#include "container/init.h"

void init_die(struct init *i)
{
	i->msg.type = MESSAGE_ERROR;
	i->msg.step = i->step;
	if (i->msg.err.code)
		i->msg.err.step = i->step;
	sys_raw(__NR_sendto, i->report_fd, SYS_P(&i->msg), (long)sizeof(i->msg), SYS_MSG_NOSIGNAL,
		0, 0);
	sys_exit(1);
}
