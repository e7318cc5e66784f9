/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the terminal of a process, and prints that part of a plan. Pure. */
#include "base/report.h"
#include "libocispec/ocispec.h"
#include "rootfs/rootfs.h"

#include <errno.h>
#include <inttypes.h>

/* struct winsize has 16 bits for each. */
static int check_size(uint64_t value, const char *key, uint16_t *ret, struct rl_err *e)
{
	if (value > UINT16_MAX)
		return rl_refuse(e, key, "%" PRIu64 " is above %d", value, UINT16_MAX);
	*ret = (uint16_t)value;
	return 0;
}

int console_plan(const struct oci_process *proc, bool bind, struct console_plan *ret,
		 struct rl_err *e)
{
	struct console_plan p = { .sock_fd = -EBADF };
	int r = 0;

	if (proc->terminal) {
		p.wanted = 1;
		p.bind = bind;
		p.uid = proc->user ? proc->user->uid : 0;
	}
	if (p.wanted && proc->console_size) {
		r = check_size(proc->console_size->height, "process.consoleSize.height", &p.rows,
			       e);
		if (r == 0)
			r = check_size(proc->console_size->width, "process.consoleSize.width",
				       &p.columns, e);
	}
	if (r == 0)
		*ret = p;
	return r;
}

void console_report(struct report *r, const struct console_plan *p)
{
	report_object(r, "terminal");
	report_u64(r, "owner", p->uid);
	if (p->rows || p->columns)
		report_fmt(r, "size", "%u rows, %u columns", p->rows, p->columns);
	report_bool(r, "devConsole", p->bind);
	report_close(r);
}
