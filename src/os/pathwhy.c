/* SPDX-License-Identifier: Apache-2.0 */
/* Why a path cannot be opened; see pathwhy.h. */
#include "os/pathwhy.h"

#include "base/auto.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* Where the part that ends at `end` ends itself with the next one: "/a" -> "/a/b". */
static size_t next_end(const char *path, size_t end)
{
	end += strspn(path + end, "/");
	return end + strcspn(path + end, "/");
}

static int try_open(const char *path, int flags)
{
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, path, O_PATH | O_CLOEXEC | flags, 0);

	return fd < 0 ? fd : 0;
}

/* The shortest beginning that fails: `bad`; `good` is what is before it. */
static int find_bad(const char *path, char *bad, char *good)
{
	size_t end = 0;
	int r = 0;

	snprintf(good, PATH_SIZE, "%s", *path == '/' ? "/" : ".");
	while (r == 0 && path[end]) {
		end = next_end(path, end);
		memcpy(bad, path, end);
		bad[end] = 0;
		r = try_open(bad, 0);
		if (r == 0)
			memcpy(good, bad, end + 1);
	}
	return r;
}

void pathwhy_hint(const char *path, int error, struct rl_err *e)
{
	char bad[PATH_SIZE], good[PATH_SIZE], target[PATH_SIZE];
	struct stat st;
	ssize_t n;
	int r;

	if ((error != -EACCES && error != -ENOENT && error != -ENOTDIR && error != -ELOOP) ||
	    strlen(path) >= PATH_SIZE)
		return;
	r = find_bad(path, bad, good);
	if (r == 0)
		return;
	n = readlinkat(AT_FDCWD, bad, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = 0;
		rl_hint(e, "\"%s\" is a symlink to \"%s\", which %s", bad, target,
			r == -EACCES ? "may not be reached" :
			r == -ELOOP  ? "leads to itself" :
				       "does not exist");
	} else if (r == -EACCES) {
		if (fstatat(AT_FDCWD, good, &st, 0) < 0)
			return;
		rl_hint(e,
			"the directory \"%s\" (mode %04o, owner %u:%u) denies access to the user "
			"and groups that rundlet runs as",
			good, st.st_mode & 07777, st.st_uid, st.st_gid);
	} else if (r == -ENOTDIR) {
		rl_hint(e, "\"%s\" is not a directory", good);
	} else {
		rl_hint(e, "\"%s\" does not exist", bad);
	}
}
