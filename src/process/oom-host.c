/* SPDX-License-Identifier: Apache-2.0 */
/* Sets how willingly the kernel kills the container's process when memory ends. */
#include "process/process.h"

#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int oom_apply(const void *base, const struct process_plan *p, pid_t pid, struct rl_err *e)
{
	char path[64], text[16];
	int r;

	(void)base;
	if (!p->has_oom_score_adj)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	snprintf(text, sizeof(text), "%d", p->oom_score_adj);
	r = fdio_write_at(AT_FDCWD, path, text);
	if (r < 0)
		rl_fail_at(e, r, "process.oomScoreAdj", "write \"%s\" to %s", text, path);
	if (r == -EACCES)
		rl_hint(e, "a value below the caller's own needs CAP_SYS_RESOURCE, which rundlet "
			   "does not have here");
	return r;
}
