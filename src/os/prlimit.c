/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits of another process; see prlimit.h. */
#include "os/prlimit.h"

#include "base/fault.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

int prlimit_get(pid_t pid, unsigned int resource, uint64_t *ret_soft, uint64_t *ret_hard)
{
	struct rlimit old;

	RL_FAULT("prlimit_get");
	if (prlimit(pid, (int)resource, NULL, &old) < 0)
		return -errno;
	*ret_soft = old.rlim_cur;
	*ret_hard = old.rlim_max;
	return 0;
}

int prlimit_set(pid_t pid, unsigned int resource, uint64_t soft, uint64_t hard)
{
	const struct rlimit new = { .rlim_cur = soft, .rlim_max = hard };

	RL_FAULT("prlimit_set");
	return prlimit(pid, (int)resource, &new, NULL) < 0 ? -errno : 0;
}
