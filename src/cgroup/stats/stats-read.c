/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of a container's cgroup; see stats-read.h. */
#include "cgroup/stats/stats-read.h"

#include "base/auto.h"
#include "cgroup/cgroup-walk.h"
#include "cgroup/stats/stats-text.h"
#include "os/fdio.h"

#include <errno.h>
#include <unistd.h>

/* Of one file: thousands of processors have a line each in some. */
#define FILE_MAX ((size_t)4 << 20)

const struct stats_dir *stats_read_find(const struct stats_read *s, bool v2, const char *file)
{
	for (size_t i = 0; i < s->from->n; i++) {
		const struct stats_dir *d = &s->from->dirs[i];

		if (d->v2 == v2 && cgroup_walk_has_file(d->fd, file))
			return d;
	}
	return NULL;
}

char *stats_read_text(struct stats_read *s, const struct stats_dir *d, const char *file)
{
	rl_autofree char *text = NULL;
	size_t len;
	int r;

	if (!d || s->error)
		return NULL;
	r = fdio_read_all(d->fd, file, FILE_MAX, &text, &len);
	/* EOPNOTSUPP: pressure that is not counted. EISDIR: a cgroup that the payload made. */
	if (cgroup_walk_is_gone(r) || r == -EOPNOTSUPP || r == -EISDIR)
		return NULL;
	if (r < 0) {
		s->error = rl_fail(s->e, r, "read %s of the cgroup %s", file, d->path);
		return NULL;
	}
	return RL_TAKE_PTR(text);
}

uint64_t stats_read_number(struct stats_read *s, const struct stats_dir *d, const char *file)
{
	rl_autofree char *text = stats_read_text(s, d, file);
	uint64_t n = 0;

	if (text)
		stats_text_number(text, &n);
	return n;
}

uint64_t stats_read_value(struct stats_read *s, const struct stats_dir *d, const char *file,
			  const char *key)
{
	rl_autofree char *text = stats_read_text(s, d, file);
	uint64_t n = 0;

	if (text)
		stats_text_value(text, key, &n);
	return n;
}

void stats_read_print(struct stats_read *s, const char *member, uint64_t value)
{
	if (value)
		report_u64(s->out, member, value);
}
