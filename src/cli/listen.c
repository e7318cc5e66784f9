/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that the caller announces; see listen.h. */
#include "cli/listen.h"

#include "cli/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool number(const char *text, unsigned long max, unsigned long *ret)
{
	if (!text[0] || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	*ret = strtoul(text, NULL, 10);
	return !errno && *ret <= max;
}

int listen_read(unsigned int *ret_n, const char **ret_names, struct rl_err *e)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES");
	unsigned long n = 0, whose = 0;

	*ret_n = 0;
	*ret_names = NULL;
	if (!fds || !fds[0])
		return 0;
	/* Engines leave LISTEN_PID out, as they do not know the pid; another's is not for us. */
	if (pid && pid[0] && (!number(pid, INT32_MAX, &whose) || whose != (unsigned long)getpid()))
		return 0;
	if (!number(fds, OPTIONS_FDS_MAX, &n))
		return rl_whole(e, -EINVAL, "LISTEN_FDS: \"%.64s\" is not a number from 0 to %d",
				fds, OPTIONS_FDS_MAX);
	*ret_n = (unsigned int)n;
	*ret_names = n && names && names[0] ? names : NULL;
	return 0;
}
