/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of cgroup v2 that the configuration names itself (config-linux.md#unified). What they mean
 * is between the configuration and the kernel, so all of them are written as they are given, but
 * those that hold no limits: see `kept`. Pure.
 */
#include "base/auto.h"
#include "cgroup/limits/limits-plan.h"

#include <stdio.h>
#include <string.h>

#define KEY "linux.resources.unified"

#define CONTROLLER_MAX 32
#define FILE_NAME_MAX  255 /* NAME_MAX of every file system */

/*
 * The runtime's own: who is in the cgroup, whether it runs, and what its place in the hierarchy is.
 * To write them here would take the container out of the runtime's hands (cgroup.procs,
 * cgroup.threads, cgroup.kill, cgroup.freeze), or make a cgroup that no process can be put into
 * (cgroup.type, cgroup.subtree_control: cgroup-v2.rst, "No Internal Process Constraint").
 */
static const char *const kept[] = {
	"cgroup.procs",  "cgroup.threads", "cgroup.kill",
	"cgroup.freeze", "cgroup.type",    "cgroup.subtree_control",
};

/* A plain file name, and so one in the cgroup's own directory: CONTROLLER.NAME. */
static int check_key(const char *key, const char *where, struct rl_err *e)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *dot = strchr(key, '.');

	if (!key[0])
		return rl_refuse(e, KEY, "a key is empty");
	if (key[strspn(key, letters)] || !dot || dot == key || !dot[1] || strstr(key, "..") ||
	    strlen(key) > FILE_NAME_MAX)
		return rl_refuse(e, where,
				 "is not the name of a file of cgroup v2, such as memory.high");
	for (size_t i = 0; i < RL_COUNT(kept); i++)
		if (!strcmp(key, kept[i]))
			return rl_refuse(e, where, "is no limit: the runtime itself writes it");
	return 0;
}

static int find_hierarchy(struct cgroup_build *b, const char *key, const char *where,
			  const struct cgroupfs_hierarchy **ret)
{
	const struct cgroupfs_hierarchy *v2 = b->fs ? cgroupfs_find_v2(b->fs) : NULL;
	char controller[CONTROLLER_MAX];
	int r;

	if (b->fs && !v2)
		return rl_refuse(b->e, where, "is for cgroup v2, and this host has only cgroup v1");
	*ret = v2;
	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(key, "."), key);
	/* irq.pressure belongs to no controller either. */
	if (v2 && (!strcmp(controller, "cgroup") || !strcmp(controller, "irq")))
		return 0;
	r = limits_find(b, controller, where, ret);
	if (r < 0 || (*ret)->v2)
		return r;
	return rl_refuse(b->e, where, "is for cgroup v2, and on this host v1 has the %s controller",
			 controller);
}

/* Kernel files take one line at a time. An empty value is an empty line: some files are reset so.
 */
static int write_lines(struct cgroup_build *b, const struct cgroupfs_hierarchy *h, const char *file,
		       const char *value, const char *where)
{
	char line[LIMITS_VALUE_MAX];
	const char *next;
	int r = 0;

	if (!value[strspn(value, "\n")])
		return cgroup_build_write(b, h, file, "\n", where, 0);
	for (; *value && r == 0; value = next) {
		size_t len = strcspn(value, "\n");

		next = value + len + strspn(value + len, "\n");
		if (len >= sizeof(line))
			return rl_refuse(b->e, where, "a line is longer than %d bytes",
					 LIMITS_VALUE_MAX - 1);
		snprintf(line, sizeof(line), "%.*s", (int)len, value);
		if (len)
			r = cgroup_build_write(b, h, file, line, where, 0);
	}
	return r;
}

int unified_files(const struct oci_resources *res, struct cgroup_build *b)
{
	const struct oci_map *m = res->unified;
	const struct cgroupfs_hierarchy *h;
	int r = 0;

	for (size_t i = 0; m && i < m->n && r == 0; i++) {
		char where[LIMITS_WHERE_MAX];

		snprintf(where, sizeof(where), KEY "[\"%.100s\"]", m->keys[i]);
		r = check_key(m->keys[i], where, b->e);
		if (r == 0)
			r = find_hierarchy(b, m->keys[i], where, &h);
		if (r == 0)
			r = write_lines(b, h, m->keys[i], m->values[i], where);
	}
	return r;
}
