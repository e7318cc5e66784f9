/* SPDX-License-Identifier: Apache-2.0 */
/* Sets how willingly the kernel kills this process, where HOST cannot do it for us. Freestanding.
 */
#include "process/process.h"

#include "os/guestkey.h"

#include <linux/fcntl.h>

int oom_set(struct guest *g, const struct process_plan *p)
{
	int32_t value = p->oom_score_adj;
	char text[24] = "-";
	long fd, r;

	if (!p->has_oom_score_adj)
		return 0;
	sys_decimal(text + (value < 0), (uint64_t)(value < 0 ? -(int64_t)value : value));
	r = fd = sys_openat(g->proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0) {
		r = sys_write((int)fd, text, sys_strlen(text));
		sys_close((int)fd);
	}
	return r < 0 ? guestkey_fail(g, r, "process.oomScoreAdj", "write oom_score_adj", text) : 0;
}
