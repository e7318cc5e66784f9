/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the limits of a container into its cgroups; see cgroup.h. */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "cgroup/devices/device-rules.h"
#include "cgroup/limits/limits.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The file of a write, open; it is kept for the next one, as device rules all go to one file. */
struct target {
	const struct cgroup_write *w;
	int fd;
};

static void target_done(struct target *t)
{
	if (t->fd >= 0)
		close(t->fd);
}

static int target_open(struct target *t, const char *path, const struct cgroup_write *w,
		       const void *base)
{
	if (t->fd >= 0 && t->w->dir == w->dir &&
	    !strcmp(flat_get_str(base, t->w->file), flat_get_str(base, w->file)))
		return 0;
	target_done(t);
	t->w = w;
	t->fd = fdio_open_at(AT_FDCWD, path, O_WRONLY, 0);
	/* A payload can make a cgroup of the name of a file that is not there. */
	if (t->fd == -EISDIR)
		return -ENOENT;
	return t->fd < 0 ? t->fd : 0;
}

/* Whether the limit is in force: the kernel may have rounded it down, but not forgotten it. */
static int check_kept(const char *path, const char *value)
{
	char now[32];
	int r = fdio_read_at(AT_FDCWD, path, now, sizeof(now));

	if (r < 0)
		return r;
	return strtoull(now, NULL, 10) > strtoull(value, NULL, 10) ? -EOPNOTSUPP : 0;
}

/* Limits of memory and what is in use of it: cgroup-v1/memory.rst, cgroup-v2.rst. */
static const struct {
	const char *limit, *usage;
} usages[] = {
	{ "memory.max", "memory.current" },
	{ "memory.swap.max", "memory.swap.current" },
	{ "memory.limit_in_bytes", "memory.usage_in_bytes" },
	{ "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes" },
};

/* The kernel of v2 takes a limit below what is in use, and kills for it. What does not exist here
 * has no usage: the write will tell. */
static int check_usage(const char *limit_path, const char *value, const char *where,
		       struct rl_err *e)
{
	const char *file = strrchr(limit_path, '/') + 1;
	uint64_t limit = strtoull(value, NULL, 10), usage;
	char path[PATH_MAX + 32], text[32];
	size_t i = 0;
	int r;

	/* "max", "-1": no limit */
	if (value[0] < '0' || value[0] > '9')
		return 0;
	while (i < RL_COUNT(usages) && strcmp(usages[i].limit, file) != 0)
		i++;
	if (i == RL_COUNT(usages))
		return 0;
	snprintf(path, sizeof(path), "%.*s%s", (int)(file - limit_path), limit_path,
		 usages[i].usage);
	r = fdio_read_at(AT_FDCWD, path, text, sizeof(text));
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return rl_fail_at(e, r, where, "read how much memory is in use from %s", path);
	usage = strtoull(text, NULL, 10);
	if (usage <= limit)
		return 0;
	rl_fail_at(e, -EBUSY, where, "write \"%.80s\" to %s: %" PRIu64 " bytes are in use", value,
		   limit_path, usage);
	rl_hint(e, "checkBeforeUpdate asks for this check; without it, the kernel reclaims memory "
		   "and kills processes until the limit holds");
	return -EBUSY;
}

static void hint(int r, const char *file, struct rl_err *e)
{
	static const struct {
		const char *files;
		int error;
		const char *text;
	} hints[] = {
#define HINT(files, error, text) { files, error, text },
#include "cgroup/limits/limits-hints.def"
#undef HINT
	};

	for (size_t i = 0; i < RL_COUNT(hints); i++)
		if (hints[i].error == -r && fnmatch(hints[i].files, file, 0) == 0) {
			rl_hint(e, "%s", hints[i].text);
			return;
		}
}

/* Write to the open file; what it had is remembered if, and only if, this succeeds. */
static int write_kept(int fd, const char *path, const char *value, struct journal *j)
{
	size_t n = j ? j->n : 0;
	int r = j ? journal_keep(j, path, value) : 0;

	if (r == 0)
		r = fdio_write_full(fd, value, strlen(value));
	if (r < 0 && j)
		journal_cut(j, n);
	return r;
}

static int limit_path(const void *base, const struct cgroup_plan *p, const struct cgroup_write *w,
		      char ret[static PATH_MAX], struct rl_err *e)
{
	const struct cgroup_dir *dirs = flat_get(base, p->dirs.off), *d = &dirs[w->dir];
	const char *file = flat_get_str(base, w->file);

	if (snprintf(ret, PATH_MAX, "%s%s/%s", flat_get_str(base, d->mount),
		     flat_get_str(base, d->path), file) < PATH_MAX)
		return 0;
	return rl_fail_at(e, -ENAMETOOLONG, flat_get_str(base, w->where), "write to %s", file);
}

int limits_check(const void *base, const struct cgroup_plan *p, struct rl_err *e)
{
	FLAT_EACH(base, p->writes, const struct cgroup_write, w) {
		char path[PATH_MAX];
		int r = 0;

		if (w->flags & CGROUP_WRITE_NOT_BELOW_USAGE)
			r = limit_path(base, p, w, path, e);
		if (r == 0 && w->flags & CGROUP_WRITE_NOT_BELOW_USAGE)
			r = check_usage(path, flat_get_str(base, w->value),
					flat_get_str(base, w->where), e);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool next_exists(const void *base, const struct cgroup_plan *p, const struct cgroup_write *w)
{
	char path[PATH_MAX];

	return limit_path(base, p, w + 1, path, NULL) == 0 && access(path, F_OK) == 0;
}

/* Whether w, that failed with r, need not be done: its file does not exist, or is not for this
 * disk, and the next write does the same. */
static bool may_leave_out(const void *base, const struct cgroup_plan *p,
			  const struct cgroup_write *w, int r)
{
	if (r == -ENOENT)
		return w->flags & (CGROUP_WRITE_IF_THERE | CGROUP_WRITE_OR_NEXT);
	return r == -EOPNOTSUPP && w->flags & CGROUP_WRITE_OR_NEXT && next_exists(base, p, w);
}

/* 0: written; 1: left out, see may_leave_out(); or a negative errno. */
static int write_limit(const void *base, const struct cgroup_plan *p, const struct cgroup_write *w,
		       struct target *t, struct journal *j, struct rl_err *e)
{
	const char *file = flat_get_str(base, w->file), *value = flat_get_str(base, w->value);
	const char *where = flat_get_str(base, w->where);
	char path[PATH_MAX];
	int r = limit_path(base, p, w, path, e);

	if (r < 0)
		return r;
	r = target_open(t, path, w, base);
	if (r == 0)
		r = write_kept(t->fd, path, value, j);
	if (may_leave_out(base, p, w, r))
		return 1;
	if (r >= 0 && w->flags & CGROUP_WRITE_READ_BACK)
		r = check_kept(path, value);
	if (r >= 0)
		return 0;
	rl_fail_at(e, r, where, "write \"%.80s\" to %s", value, path);
	hint(r, file, e);
	return r;
}

int limits_write(const void *base, const struct cgroup_plan *p, bool last, struct journal *j,
		 struct rl_err *e)
{
	rl_auto(target_done) struct target t = { .fd = -EBADF };
	bool done = false; /* the limit of this write, by a write before it */

	FLAT_EACH(base, p->writes, const struct cgroup_write, w) {
		bool is_last = w->flags & CGROUP_WRITE_LAST;
		int r;

		if (is_last != last)
			continue;
		r = done ? 0 : write_limit(base, p, w, &t, j, e);
		if (r < 0)
			return r;
		done = r == 0 && w->flags & CGROUP_WRITE_OR_NEXT;
	}
	return 0;
}

static int attach_filter(const void *base, const struct cgroup_plan *p, struct rl_err *e)
{
	const struct cgroup_dir *dirs = flat_get(base, p->dirs.off), *d = &dirs[p->filter_dir];
	rl_autoclose int fd = -EBADF, old = -EBADF;
	const size_t n = p->filter.len / sizeof(struct bpf_insn);
	char path[PATH_MAX];
	int r;

	if (!p->filter.len)
		return 0;
	snprintf(path, sizeof(path), "%s%s", flat_get_str(base, d->mount),
		 flat_get_str(base, d->path));
	fd = fdio_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return rl_fail_at(e, fd, flat_get_str(base, p->where), "open the cgroup %s", path);
	/* One that was there may still have the rules of a container that was killed. */
	r = d->made ? device_filter_attach(flat_get(base, p->filter.off), n, fd) :
		      device_filter_replace(flat_get(base, p->filter.off), n, fd, &old);
	if (r >= 0)
		return 0;
	rl_fail_at(e, r, "linux.resources.devices", "attach the device filter to %s", path);
	if (r == -EPERM)
		rl_hint(e,
			"with cgroup v2 device rules need bpf(2), and that CAP_SYS_ADMIN, or CAP_BPF and "
			"CAP_NET_ADMIN, in the initial user namespace");
	return r;
}

int limits_apply(void *base, const struct cgroup_plan *p, struct rl_err *e)
{
	int r = limits_check(base, p, e);

	if (r == 0)
		r = limits_write(base, p, false, NULL, e);
	return r < 0 ? r : attach_filter(base, p, e);
}
