/* SPDX-License-Identifier: Apache-2.0 */
/* The file system resctrl; see resctrl.h. */
#include "os/resctrl.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/fdio.h"
#include "os/resctrl-fake.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

/* 1: the mount counts; 0: it does not; or a negative errno. */
typedef int visible_fn(uint64_t id, const char *point);

static int parse(const char *mountinfo, visible_fn *visible, struct resctrl *ret)
{
	struct span text = span_of(mountinfo);
	struct mountinfo m;

	ret->mount[0] = 0;
	while (mountinfo_next(&text, &m)) {
		int r;

		if (!span_is(m.type, "resctrl") || strcmp(m.root, "/") != 0)
			continue;
		r = visible(m.id, m.point);
		if (r < 0)
			return r;
		if (r > 0) {
			snprintf(ret->mount, sizeof(ret->mount), "%s", m.point);
			return 0;
		}
	}
	return 0;
}

static int always_visible(uint64_t id, const char *point)
{
	(void)id;
	(void)point;
	return 1;
}

void resctrl_parse(const char *mountinfo, struct resctrl *ret)
{
	parse(mountinfo, always_visible, ret);
}

int resctrl_probe(struct resctrl *ret)
{
	rl_autofree char *mountinfo = NULL;
	int r;

	if (fault_resctrl()) {
		snprintf(ret->mount, sizeof(ret->mount), "%s", fault_resctrl());
		return 0;
	}
	r = mountinfo_read(&mountinfo);
	return r < 0 ? r : parse(mountinfo, mountinfo_is_visible, ret);
}

int resctrl_open(const char *path)
{
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	struct statfs fs;

	if (fd < 0)
		return fd;
	if (resctrl_fake_has(path))
		return RL_TAKE_FD(fd);
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == RDTGROUP_SUPER_MAGIC ? RL_TAKE_FD(fd) : -EXDEV;
}

int resctrl_make(int dirfd, const char *name)
{
	int r = fdio_mkdir_at(dirfd, name, 0755);

	return r < 0 ? r : resctrl_fake_fill(dirfd, name);
}

int resctrl_remove(int dirfd, const char *name)
{
	resctrl_fake_empty(dirfd, name);
	return fdio_unlink_at(dirfd, name, AT_REMOVEDIR);
}

void resctrl_status(const char *mount, char *buf, size_t size)
{
	char path[PATH_MAX];

	buf[0] = 0;
	snprintf(path, sizeof(path), "%s/info/last_cmd_status", mount);
	if (fdio_read_at(AT_FDCWD, path, buf, size) < 0 || !strcmp(buf, "ok\n"))
		buf[0] = 0;
	buf[strcspn(buf, "\n")] = 0;
}
