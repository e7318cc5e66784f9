/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted where: /proc/self/mountinfo, see proc_pid_mountinfo(5). */
#ifndef RL_OS_MOUNTINFO_H
#define RL_OS_MOUNTINFO_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOUNTINFO_POINT 256 /* bytes of a mount point that we keep */

struct mountinfo {
	uint64_t id;
	char root[512]; /* the directory of the file system that is mounted; "" if it is longer */
	char point[MOUNTINFO_POINT];
	struct span type;
	struct span options; /* of the super block */
};

/* Read the whole table: *ret is allocated. Returns 0 or a negative errno. */
int mountinfo_read(char **ret);
/* The same of this process, by an open procfs. */
int mountinfo_read_at(int proc_fd, char **ret);

/*
 * Cut the next mount off *text; false at its end. Pure. One whose mount point is longer than
 * MOUNTINFO_POINT is left out. The spans point into the text.
 */
bool mountinfo_next(struct span *text, struct mountinfo *ret);

/*
 * Where the mount with this id is: 1; 0: there is none, as far as can be seen from our root; or
 * -ENAMETOOLONG. Pure.
 */
int mountinfo_find(const char *text, uint64_t id, char *point, size_t size);

/* Whether the mount is the one that its path leads to, and not hidden below another: 1, 0, or a
 * negative errno. */
int mountinfo_is_visible(uint64_t id, const char *point);

#endif
