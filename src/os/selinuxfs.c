/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for selinuxfs; see selinuxfs.h. */
#include "os/selinuxfs.h"

#include <linux/magic.h>
#include <sys/statfs.h>

bool selinuxfs_is_mounted(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && (unsigned long)fs.f_type == SELINUX_MAGIC;
}
