/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up gaining privileges by execve(2), for ever; see PR_SET_NO_NEW_PRIVS in prctl(2). */
#include "security/security.h"

#include "os/guestkey.h"

#include <linux/prctl.h>

int nnp_set(struct guest *g, const struct security_plan *p)
{
	long r;

	if (!p->no_new_privs)
		return 0;
	r = SYS_5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return r < 0 ? guestkey_fail(g, r, "process.noNewPrivileges", "set no_new_privs", NULL) : 0;
}
