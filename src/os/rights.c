/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for capabilities; see rights.h. */
#include "os/rights.h"

#include "base/auto.h"
#include "os/nsfile.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

bool rights_has(unsigned int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &head, data) == 0 &&
	       data[cap / 32].effective & UINT32_C(1) << cap % 32;
}

bool rights_over_mounts(void)
{
	rl_autoclose int mounts = -EBADF, owner = -EBADF;

	if (!rights_has(CAP_SYS_ADMIN))
		return false;
	if (nsfile_user_is_initial())
		return true;
	mounts = nsfile_open("/proc/self/ns/mnt");
	/* Found if it is our user namespace, or one below it. */
	owner = mounts < 0 ? mounts : nsfile_owner(mounts);
	return owner >= 0;
}
