/* SPDX-License-Identifier: Apache-2.0 */
/* Does for a directory what the kernel does for resctrl, in test builds; see resctrl-fake.h. */
#include "os/resctrl-fake.h"

#ifdef RL_FAULTS
#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

bool resctrl_fake_has(const char *path)
{
	const char *tree = fault_resctrl();
	size_t n = tree ? strlen(tree) : 0;

	return n && !strncmp(path, tree, n) && (path[n] == '/' || !path[n]);
}

static DIR *list(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

/* The next name that is not . or .., or NULL. */
static const char *next(DIR *dir)
{
	struct dirent *d;

	do {
		d = readdir(dir);
	} while (d && (!strcmp(d->d_name, ".") || !strcmp(d->d_name, "..")));
	return d ? d->d_name : NULL;
}

static int copy_tree(int from, const char *name, int to);

static int copy_file(int from, const char *name, int to)
{
	rl_autofree char *text = NULL;
	char target[PATH_MAX] = "";
	struct stat st;
	size_t len;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode)) {
		if (readlinkat(from, name, target, sizeof(target) - 1) < 0)
			return -errno;
		return symlinkat(target, to, name) < 0 ? -errno : 0;
	}
	if (S_ISDIR(st.st_mode)) {
		rl_autoclose int below = -EBADF;

		if (mkdirat(to, name, 0755) < 0)
			return -errno;
		below = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return copy_tree(from, name, below);
	}
	if (fdio_read_all(from, name, 1 << 20, &text, &len) < 0)
		return -EIO;
	return fdio_replace_at(to, name, text, len, 0644);
}

static int copy_tree(int from, const char *name, int to)
{
	DIR *dir = list(from, name);
	const char *file;
	int r = 0;

	while (dir && r == 0 && (file = next(dir)) != NULL)
		r = copy_file(dirfd(dir), file, to);
	if (dir)
		closedir(dir);
	return r;
}

void resctrl_fake_empty(int at, const char *name)
{
	DIR *dir = fault_resctrl() ? list(at, name) : NULL;
	const char *file;

	while (dir && (file = next(dir)) != NULL) {
		resctrl_fake_empty(dirfd(dir), file);
		if (unlinkat(dirfd(dir), file, 0) < 0)
			unlinkat(dirfd(dir), file, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

int resctrl_fake_fill(int at, const char *name)
{
	rl_autoclose int fd = -EBADF;
	int r;

	if (!fault_resctrl())
		return 0;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? -errno : copy_tree(at, ".new", fd);
	if (r < 0) {
		resctrl_fake_empty(at, name);
		unlinkat(at, name, AT_REMOVEDIR);
	}
	return r;
}
#else
typedef int resctrl_fake_unused; /* an empty file is not ISO C */
#endif
