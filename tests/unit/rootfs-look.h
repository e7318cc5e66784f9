/* SPDX-License-Identifier: Apache-2.0 */
/* Ways of looking at a file tree from inside, for tests with rootfs-box.h. */
#ifndef RL_TESTS_ROOTFS_LOOK_H
#define RL_TESTS_ROOTFS_LOOK_H

#include "tests/unit/rootfs-box.h"

#include <linux/magic.h>

__attribute__((unused)) static bool is_fs(const char *path, long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == magic;
}

__attribute__((unused)) static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

__attribute__((unused)) static bool is_readonly(const char *dir)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/.probe", dir);
	if (mkdir(path, 0700) == 0) {
		rmdir(path);
		return false;
	}
	return errno == EROFS;
}

__attribute__((unused)) static bool is_link(const char *path, const char *want)
{
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = 0;
	return !strcmp(target, want);
}

__attribute__((unused)) static int count_entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

#endif
