/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resctrl, the file system of groups that share cache and memory bandwidth: where it is mounted,
 * and what is special about its directories. See Documentation/filesystems/resctrl.rst of the
 * kernel.
 *
 * A directory in its root is a group with a class of service (CLOS) of its own, one in a directory
 * mon_groups only counts. A group is made and removed by mkdir and rmdir, with its files.
 */
#ifndef RL_OS_RESCTRL_H
#define RL_OS_RESCTRL_H

#include "os/mountinfo.h"

struct resctrl {
	char mount[MOUNTINFO_POINT]; /* /sys/fs/resctrl; "": it is not mounted */
};

/* Look for it. Returns 0, also if it is not mounted, or a negative errno. */
int resctrl_probe(struct resctrl *ret);

/*
 * The parser of resctrl_probe(): the text of /proc/self/mountinfo. Pure. The first mount counts
 * that shows the whole file system.
 */
void resctrl_parse(const char *mountinfo, struct resctrl *ret);

/*
 * Open a directory and see that it is of resctrl: -EXDEV if not. Returns a descriptor that is
 * close- on-exec.
 */
int resctrl_open(const char *path);

/* Make or remove the group `name` in the directory. 0 or a negative errno. */
int resctrl_make(int dirfd, const char *name);
int resctrl_remove(int dirfd, const char *name);

/* Why the last mkdir(2) or write(2) in resctrl failed, in the kernel's words; "" if it does not
 * say.
 */
void resctrl_status(const char *mount, char *buf, size_t size);

#endif
