/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for security modules; see lsm.h. */
#include "os/lsm.h"

#include "os/fdio.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.8: newer than the headers that we build with. The same on every architecture. */
#ifndef __NR_lsm_list_modules
#define __NR_lsm_list_modules 461
#endif

#define LIST_MAX 64

bool lsm_selinux_is_on(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && (unsigned long)fs.f_type == SELINUX_MAGIC;
}

/* Of the module itself: securityfs need not be mounted, least of all in a container. */
bool lsm_apparmor_is_on(void)
{
	char text[8];

	return fdio_read_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", text,
			    sizeof(text)) >= 0 &&
	       text[0] == 'Y';
}

bool lsm_apparmor_is_confined(void)
{
	static const char free_mode[] = " (unconfined)";
	char text[4096];
	size_t len;

	if (fdio_read_at(AT_FDCWD, "/proc/thread-self/attr/apparmor/current", text, sizeof(text)) <
	    0)
		return true;
	text[strcspn(text, "\n")] = 0;
	len = strlen(text);
	if (!strcmp(text, "unconfined"))
		return false;
	return len < strlen(free_mode) || strcmp(text + len - strlen(free_mode), free_mode) != 0;
}

int lsm_landlock_abi(void)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static const char *name_of(uint64_t id)
{
	switch (id) {
#define LSM(number, name) \
	case number:      \
		return name;
#include "os/lsm.def"
#undef LSM
	default:
		return "unknown";
	}
}

void lsm_list(char *ret, size_t size)
{
	uint64_t ids[LIST_MAX];
	uint32_t bytes = sizeof(ids);
	size_t at = 0;
	long n;

	ret[0] = 0;
	/* Its file has names that this table may lack; but securityfs is not mounted everywhere. */
	if (fdio_read_at(AT_FDCWD, "/sys/kernel/security/lsm", ret, size) >= 0)
		return;
	n = syscall(__NR_lsm_list_modules, ids, &bytes, 0);
	for (long i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(ret + at, size - at, "%s%s", i ? "," : "", name_of(ids[i]));
}
