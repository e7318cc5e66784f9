/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cgroup hierarchies this host has mounted, and where: a fact about the host, read once from
 * /proc/self/mountinfo and /proc/self/cgroup. See cgroups(7).
 */
#ifndef RL_OS_CGROUPFS_H
#define RL_OS_CGROUPFS_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUPFS_MAX 24 /* hierarchies; the kernel has 14 controllers and names are few */

enum cgroupfs_mode {
	CGROUPFS_NONE,   /* nothing is mounted */
	CGROUPFS_V1,     /* only version 1 */
	CGROUPFS_V2,     /* only version 2: one unified hierarchy */
	CGROUPFS_HYBRID, /* version 1 controllers beside a version 2 hierarchy */
};

struct cgroupfs_hierarchy {
	bool v2;
	char mount[256]; /* mount point on the host: /sys/fs/cgroup/memory */
	/* v1: the super block's options: "memory", "cpu,cpuacct", "name=systemd".
	 * v2: the words of cgroup.controllers at the mount, separated by ','; filled by
	 * cgroupfs_probe() only. */
	char controllers[256];
	char own[512]; /* path of the calling process in it, from the mount: "/", "/user";
			* "" when the process is not below what is mounted there */
};

struct cgroupfs {
	enum cgroupfs_mode mode;
	size_t n;
	struct cgroupfs_hierarchy h[CGROUPFS_MAX];
};

/* Read the facts. Returns 0 or a negative errno; a host without cgroups is no error. */
int cgroupfs_probe(struct cgroupfs *ret);

/*
 * The parser of cgroupfs_probe(): the texts of /proc/self/mountinfo and /proc/self/cgroup. Pure.
 * A hierarchy that is mounted several times counts once: its first mount below /sys/fs/cgroup, or
 * else its first one. A mount whose path does not fit in `mount` does not count. (That mounts can
 * lie hidden below others is the business of cgroupfs_probe().) Returns 0, or -E2BIG for more than
 * CGROUPFS_MAX.
 */
int cgroupfs_parse(const char *mountinfo, const char *cgroup, struct cgroupfs *ret);

/* The hierarchy that has the controller ("memory"), or NULL. */
const struct cgroupfs_hierarchy *cgroupfs_find(const struct cgroupfs *c, const char *controller);

/* The hierarchy of version 2, or NULL. */
const struct cgroupfs_hierarchy *cgroupfs_find_v2(const struct cgroupfs *c);

/* "none", "v1", "v2", "hybrid". */
const char *cgroupfs_mode_name(enum cgroupfs_mode mode);

#endif
