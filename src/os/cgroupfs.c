/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the cgroup hierarchies of this host; see cgroupfs.h. */
#include "os/cgroupfs.h"

#include "base/auto.h"
#include "os/fdio.h"
#include "os/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CGROUP_MAX ((size_t)1 << 20)

#define STANDARD_PLACE "/sys/fs/cgroup"

/* Whether the list "a,b,c" has the word. */
static bool list_has(struct span list, struct span word)
{
	while (list.len) {
		struct span w = span_cut(&list, ',');

		if (w.len == word.len && !memcmp(w.at, word.at, w.len))
			return true;
	}
	return false;
}

/* Whether `path` is `dir` or lies below it. */
static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!strcmp(dir, "/"))
		return true;
	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

/* One line of /proc/self/cgroup: "4:memory:/user"; version 2 has "0::/user". */
struct cgroup_line {
	struct span controllers;
	struct span path;
};

static bool is_of_mount(const struct cgroup_line *l, const struct mountinfo *m)
{
	struct span words = l->controllers;

	if (span_is(m->type, "cgroup2"))
		return !words.len;
	if (!words.len)
		return false;
	/* Options of the super block are the controllers and some words more. */
	while (words.len)
		if (!list_has(m->options, span_cut(&words, ',')))
			return false;
	return true;
}

static bool find_line(const char *cgroup, const struct mountinfo *m, struct cgroup_line *ret)
{
	struct span text = span_of(cgroup);

	while (text.len) {
		struct span line = span_cut(&text, '\n');
		struct cgroup_line l;

		span_cut(&line, ':');
		l.controllers = span_cut(&line, ':');
		l.path = line;
		if (is_of_mount(&l, m)) {
			*ret = l;
			return true;
		}
	}
	return false;
}

static bool copy(struct span s, char *buf, size_t size)
{
	if (s.len >= size)
		return false;
	memcpy(buf, s.at, s.len);
	buf[s.len] = 0;
	return true;
}

/* Our path as it is below the mount, whose root may be any directory of the hierarchy. */
static void set_own(struct cgroupfs_hierarchy *h, const struct mountinfo *m, struct span path)
{
	size_t root = strcmp(m->root, "/") ? strlen(m->root) : 0;
	char own[sizeof(h->own)];

	h->own[0] = 0;
	if (!copy(path, own, sizeof(own)) || !m->root[0] || !is_below(own, m->root))
		return;
	snprintf(h->own, sizeof(h->own), "%s", own[root] ? own + root : "/");
}

/* 1: the mount counts; 0: it does not; or a negative errno. */
typedef int visible_fn(uint64_t id, const char *point);

/* The place for this mount in the list: a new one, that of the same hierarchy if better, or NULL.
 */
static int place(struct cgroupfs *c, const struct mountinfo *m, const struct cgroup_line *l,
		 struct cgroupfs_hierarchy **ret)
{
	bool v2 = span_is(m->type, "cgroup2");

	for (size_t i = 0; i < c->n; i++) {
		struct cgroupfs_hierarchy *h = &c->h[i];

		if (h->v2 != v2 || (!v2 && !span_is(l->controllers, h->controllers)))
			continue;
		*ret = !is_below(h->mount, STANDARD_PLACE) && is_below(m->point, STANDARD_PLACE) ?
			       h :
			       NULL;
		return 0;
	}
	if (c->n == CGROUPFS_MAX)
		return -E2BIG;
	*ret = &c->h[c->n++];
	return 0;
}

static int add(struct cgroupfs *c, const struct mountinfo *m, const char *cgroup,
	       visible_fn *visible)
{
	struct cgroupfs_hierarchy *h = NULL;
	struct cgroup_line l;
	int r;

	if (!span_is(m->type, "cgroup") && !span_is(m->type, "cgroup2"))
		return 0;
	if (!find_line(cgroup, m, &l) || l.controllers.len >= sizeof(h->controllers))
		return 0;
	r = visible(m->id, m->point);
	if (r <= 0)
		return r;
	r = place(c, m, &l, &h);
	if (r < 0 || !h)
		return r;
	h->v2 = span_is(m->type, "cgroup2");
	snprintf(h->mount, sizeof(h->mount), "%s", m->point);
	copy(l.controllers, h->controllers, sizeof(h->controllers));
	set_own(h, m, l.path);
	return 0;
}

static enum cgroupfs_mode mode_of(const struct cgroupfs *c)
{
	bool v1 = false, v2 = false;

	for (size_t i = 0; i < c->n; i++) {
		v1 |= !c->h[i].v2;
		v2 |= c->h[i].v2;
	}
	if (v1)
		return v2 ? CGROUPFS_HYBRID : CGROUPFS_V1;
	return v2 ? CGROUPFS_V2 : CGROUPFS_NONE;
}

static int parse(const char *mountinfo, const char *cgroup, visible_fn *visible,
		 struct cgroupfs *ret)
{
	struct span text = span_of(mountinfo);
	struct mountinfo m;
	int r;

	ret->n = 0;
	while (mountinfo_next(&text, &m)) {
		r = add(ret, &m, cgroup, visible);
		if (r < 0)
			return r;
	}
	ret->mode = mode_of(ret);
	return 0;
}

static int always_visible(uint64_t id, const char *point)
{
	(void)id;
	(void)point;
	return 1;
}

int cgroupfs_parse(const char *mountinfo, const char *cgroup, struct cgroupfs *ret)
{
	return parse(mountinfo, cgroup, always_visible, ret);
}

/* Version 2 tells its controllers in a file: "cpu memory pids\n". */
static int read_controllers(struct cgroupfs_hierarchy *h)
{
	char path[sizeof(h->mount) + 32];
	int n;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", h->mount);
	n = fdio_read_at(AT_FDCWD, path, h->controllers, sizeof(h->controllers));
	if (n < 0)
		return n;
	for (char *p = h->controllers; *p; p++)
		if (*p == ' ')
			*p = ',';
	h->controllers[strcspn(h->controllers, "\n")] = 0;
	return 0;
}

int cgroupfs_probe(struct cgroupfs *ret)
{
	rl_autofree char *mountinfo = NULL, *cgroup = NULL;
	size_t len;
	int r;

	r = mountinfo_read(&mountinfo);
	if (r == 0)
		r = fdio_read_all(AT_FDCWD, "/proc/self/cgroup", CGROUP_MAX, &cgroup, &len);
	if (r == -ENOENT && mountinfo) {
		/* A kernel without cgroups. */
		ret->n = 0;
		ret->mode = CGROUPFS_NONE;
		return 0;
	}
	if (r == 0)
		r = parse(mountinfo, cgroup, mountinfo_is_visible, ret);
	for (size_t i = 0; r == 0 && i < ret->n; i++)
		if (ret->h[i].v2)
			r = read_controllers(&ret->h[i]);
	return r;
}

const struct cgroupfs_hierarchy *cgroupfs_find(const struct cgroupfs *c, const char *controller)
{
	struct span word = span_of(controller);

	for (size_t i = 0; i < c->n; i++) {
		struct span list = span_of(c->h[i].controllers);

		if (list_has(list, word))
			return &c->h[i];
	}
	return NULL;
}

const struct cgroupfs_hierarchy *cgroupfs_find_v2(const struct cgroupfs *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->h[i].v2)
			return &c->h[i];
	return NULL;
}

const char *cgroupfs_mode_name(enum cgroupfs_mode mode)
{
	static const char *const names[] = {
		[CGROUPFS_NONE] = "none",
		[CGROUPFS_V1] = "v1",
		[CGROUPFS_V2] = "v2",
		[CGROUPFS_HYBRID] = "hybrid",
	};

	return names[mode];
}
