/* SPDX-License-Identifier: Apache-2.0 */
/* What musl lacks; see libc.h. */
#include "os/libc.h"

#include <string.h>

void libc_fill_signals(sigset_t *set)
{
	memset(set, 0xff, sizeof(*set));
}

#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP

int libc_add_close_from(posix_spawn_file_actions_t *actions, int first)
{
	return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

#else

#include "base/auto.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* Those that are open now. */
int libc_add_close_from(posix_spawn_file_actions_t *actions, int first)
{
	rl_autoclosedir DIR *dir = opendir("/proc/self/fd");
	const struct dirent *d;
	int r = dir ? 0 : errno;

	while (r == 0 && (d = readdir(dir))) {
		long long fd = strtoll(d->d_name, NULL, 10); /* of "." and "..": 0 */

		if (fd >= first && fd <= INT_MAX && fd != dirfd(dir))
			r = posix_spawn_file_actions_addclose(actions, (int)fd);
	}
	return r;
}

#endif
