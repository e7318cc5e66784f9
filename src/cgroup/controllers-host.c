/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enables controllers of v2 in the cgroups above a container's; see controllers.h, and
 * "Controlling Controllers" in the kernel's admin-guide/cgroup-v2.rst.
 *
 * All that the host has are enabled, not only those that limits need: engines read memory.current
 * and other counters of each container, and a limit may come later.
 */
#include "cgroup/controllers.h"

#include "base/auto.h"
#include "cgroup/cgroup-walk.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIST_MAX 512 /* bytes of all controllers' names; the kernel has 13 */

/* A process that is on its way out of the directory, or a cgroup that another just made there. */
#define BUSY_TRIES 50
#define BUSY_PAUSE 2 /* milliseconds */

static int read_file(const struct controllers *c, const char *dir, const char *file, char *buf,
		     size_t size)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), ".%s/%s", dir, file);
	r = fdio_read_at(c->mount_fd, path, buf, size);
	return cgroup_walk_is_gone(r) ? -ENOENT : r;
}

static int write_control(const struct controllers *c, const char *dir, const char *text)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), ".%s/cgroup.subtree_control", dir);
	r = fdio_write_at(c->mount_fd, path, text);
	return cgroup_walk_is_gone(r) ? -ENOENT : r;
}

bool controllers_have(const char *list, struct span word)
{
	return span_in_list((struct span){ word.at + 1, word.len - 1 }, list);
}

/* Keep of "+cpu +memory" what is in the list, or what is not. `out` has LIST_MAX bytes. */
static void keep_words(const char *words, const char *list, bool in_list, char *out)
{
	struct span word;
	size_t at = 0;

	out[0] = 0;
	while (words && span_word(&words, &word))
		if (controllers_have(list, word) == in_list && at + word.len + 2 < LIST_MAX)
			at += (size_t)snprintf(out + at, LIST_MAX - at, "%s%.*s", at ? " " : "",
					       (int)word.len, word.at);
}

/*
 * What stands in the way of passing controllers on to cgroups that are domains; 0: nothing.
 *
 * The kernel would take some: with processes in the directory cpu, cpuset and pids can be enabled,
 * but that makes a thread root of it, and cgroups below it then can have no processes.
 */
static int obstacle(const struct controllers *c, const char *dir)
{
	char type[32] = "", procs[16];
	int r = read_file(c, dir, "cgroup.type", type, sizeof(type));

	if (r == -ENOENT)
		return 0; /* the root of the hierarchy may have processes */
	if (r < 0 || strcmp(type, "domain\n") != 0)
		return -EOPNOTSUPP;
	return read_file(c, dir, "cgroup.procs", procs, sizeof(procs)) > 0 ? -EBUSY : 0;
}

static bool is_threaded(const struct controllers *c, const char *dir)
{
	char type[32] = "domain\n";

	read_file(c, dir, "cgroup.type", type, sizeof(type));
	return strcmp(type, "domain\n") != 0;
}

static int fail(const struct controllers *c, const char *dir, const char *needed, int r,
		struct rl_err *e)
{
	rl_fail_at(e, r, c->where, "write \"%s\" to %s%s/cgroup.subtree_control", needed, c->mount,
		   dir);
	if (r == -EBUSY)
		rl_hint(e,
			"cgroup v2 lets no cgroup have processes of its own and pass controllers on: "
			"move the processes in %s%s to a cgroup below it",
			c->mount, dir);
	if (r == -EINVAL && span_in_list(span_of("+cpu"), needed))
		rl_hint(e,
			"the cpu controller cannot be enabled while there are real-time processes "
			"outside the root cgroup: ps -e -o pid,cls,cgroup,comm");
	if (r == -EOPNOTSUPP && is_threaded(c, dir))
		rl_hint(e, "it is threaded, or has threaded cgroups below it (cgroup.type): %s%s",
			c->mount, dir);
	if (r == -EOPNOTSUPP)
		rl_hint(e,
			"a cgroup above does not pass the controller on (cgroup.subtree_control)");
	return r;
}

/* Enable what limits need. */
static int need(const struct controllers *c, const char *dir, const char *needed, struct rl_err *e)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE * 1000000L };
	int r = -EBUSY;

	for (int i = 0; i < BUSY_TRIES && r == -EBUSY; i++) {
		if (i)
			nanosleep(&pause, NULL);
		r = obstacle(c, dir);
		if (r == 0)
			r = write_control(c, dir, needed);
	}
	if (r >= 0)
		return 0;
	if (r != -ENOENT)
		return fail(c, dir, needed, r, e);
	/* Either the directory is gone, or it has no such controller to pass on. The one above does
	 * pass it on, so this one was removed and made again, by somebody who does not need it. */
	return dir[0] && !c->last ? r : fail(c, dir, needed, -EOPNOTSUPP, e);
}

/* Enable what can be, each by itself. */
static void want(const struct controllers *c, const char *dir, const char *wanted)
{
	struct span word;
	char text[64];

	if (!wanted[0] || obstacle(c, dir) < 0)
		return;
	while (span_word(&wanted, &word)) {
		snprintf(text, sizeof(text), "%.*s", (int)word.len, word.at);
		write_control(c, dir, text);
	}
}

/* Of what is wanted: what is missing and offered to the directory. */
static void find_wanted(const struct controllers *c, const char *dir, const char *has, char *wanted)
{
	char missing[LIST_MAX], offered[LIST_MAX];

	wanted[0] = 0;
	keep_words(c->wanted, has, false, missing);
	if (missing[0] && read_file(c, dir, "cgroup.controllers", offered, sizeof(offered)) > 0)
		keep_words(missing, offered, true, wanted);
}

int controllers_pass_on(const struct controllers *c, const char *dir, struct rl_err *e)
{
	char has[LIST_MAX], needed[LIST_MAX], wanted[LIST_MAX], all[2 * LIST_MAX];
	int r;

	if (!c->needed && !c->wanted)
		return 0;
	r = read_file(c, dir, "cgroup.subtree_control", has, sizeof(has));
	if (r < 0)
		return r == -ENOENT && !c->last ? r :
						  fail(c, dir, c->needed ? c->needed : "", r, e);
	keep_words(c->needed, has, false, needed);
	find_wanted(c, dir, has, wanted);
	if (!needed[0] && !wanted[0])
		return 0;
	/* The kernel takes all of a write or nothing. */
	snprintf(all, sizeof(all), "%s%s%s", needed, needed[0] && wanted[0] ? " " : "", wanted);
	if (obstacle(c, dir) == 0 && write_control(c, dir, all) >= 0)
		return 0;
	r = needed[0] ? need(c, dir, needed, e) : 0;
	if (r == 0)
		want(c, dir, wanted);
	return r;
}

void controllers_pass_none(int mount_fd, const char *dir)
{
	struct controllers c = { .mount_fd = mount_fd };
	char has[LIST_MAX], text[64];
	const char *list = has;
	struct span word;

	if (read_file(&c, dir, "cgroup.subtree_control", has, sizeof(has)) <= 0)
		return;
	while (span_word(&list, &word)) {
		snprintf(text, sizeof(text), "-%.*s", (int)word.len, word.at);
		write_control(&c, dir, text);
	}
}
