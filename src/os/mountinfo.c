/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the table of mounts; see mountinfo.h. */
#include "os/mountinfo.h"

#include "base/fault.h"
#include "os/fdio.h"
#include "os/libc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Hosts with thousands of containers have mount tables of some MiB. */
#define MOUNTINFO_MAX ((size_t)64 << 20)
#define POINT_AT      4 /* the fields of a line before the mount point */

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Undo the kernel's escapes: a space is "\040". False if it does not fit. */
static bool unescape(struct span s, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c == '\\' && i + 3 < s.len && is_octal(s.at[i + 1]) && is_octal(s.at[i + 2]) &&
		    is_octal(s.at[i + 3])) {
			c = (char)((s.at[i + 1] - '0') << 6 | (s.at[i + 2] - '0') << 3 |
				   (s.at[i + 3] - '0'));
			i += 3;
		}
		if (n + 1 >= size)
			return false;
		buf[n++] = c;
	}
	buf[n] = 0;
	return true;
}

/* False for a line that is of no interest: its mount point is longer than any that we keep. */
static bool read_line(struct span line, struct mountinfo *ret)
{
	struct span root, point;

	ret->id = strtoull(line.at, NULL, 10);
	span_cut(&line, ' '); /* id */
	span_cut(&line, ' '); /* parent */
	span_cut(&line, ' '); /* device */
	root = span_cut(&line, ' ');
	point = span_cut(&line, ' ');
	span_cut(&line, ' '); /* options of the mount */
	while (line.len && !span_is(span_cut(&line, ' '), "-"))
		;
	ret->type = span_cut(&line, ' ');
	span_cut(&line, ' '); /* source */
	ret->options = span_cut(&line, ' ');
	if (!unescape(point, ret->point, sizeof(ret->point)) || !ret->point[0])
		return false;
	if (!unescape(root, ret->root, sizeof(ret->root)))
		ret->root[0] = 0;
	return true;
}

bool mountinfo_next(struct span *text, struct mountinfo *ret)
{
	while (text->len)
		if (read_line(span_cut(text, '\n'), ret))
			return true;
	return false;
}

int mountinfo_read(char **ret)
{
	size_t len;

	return fdio_read_all(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, ret, &len);
}

int mountinfo_read_at(int proc_fd, char **ret)
{
	size_t len;

	return fdio_read_all(proc_fd, "self/mountinfo", MOUNTINFO_MAX, ret, &len);
}

int mountinfo_find(const char *text, uint64_t id, char *point, size_t size)
{
	struct span rest = span_of(text);

	while (rest.len) {
		struct span line = span_cut(&rest, '\n');

		if (strtoull(line.at, NULL, 10) != id)
			continue;
		for (int i = 0; i < POINT_AT; i++)
			span_cut(&line, ' ');
		return unescape(span_cut(&line, ' '), point, size) ? 1 : -ENAMETOOLONG;
	}
	return 0;
}

int mountinfo_is_visible(uint64_t id, const char *point)
{
	struct statx st;

	RL_FAULT("mountinfo_is_visible");
	if (statx(AT_FDCWD, point, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
	return !(st.stx_mask & STATX_MNT_ID) || st.stx_mnt_id == id;
}
