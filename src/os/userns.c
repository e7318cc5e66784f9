/* SPDX-License-Identifier: Apache-2.0 */
/* Makes user namespaces; see userns.h. */
#include "os/userns.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"
#include "os/holder.h"
#include "os/nsfile.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

static int write_map(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fdio_write_at(AT_FDCWD, path, text);
}

/* The namespace lives on by its descriptor when the process that it was made with is gone. */
int userns_make(const char *uids, const char *gids)
{
	rl_auto(holder_end) int holder = -EBADF;
	char path[64];
	pid_t pid;
	int r;

	RL_FAULT("userns_make");
	pid = holder_start(CLONE_NEWUSER, &holder);
	if (pid < 0)
		return pid;
	r = write_map(pid, "gid_map", gids);
	if (r == 0)
		r = write_map(pid, "uid_map", uids);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return nsfile_open(path);
}
