/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weaknesses by paths: namespaces that are joined, what /proc and /sys show, what of the host is
 * bound. Pure: a path is what its text says; what links make of it is not known.
 */
#include "spec/weakness-find.h"

#include "base/auto.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- texts of paths -------------------------------------------------------------------------- */

/* Without "//", "." and "..". One that is not absolute starts at "/". Too long a one is cut. */
static void normalise(const char *path, char ret[PATH_MAX])
{
	size_t n = 0;

	for (const char *at = path ? path : ""; *at;) {
		size_t len = strcspn(at, "/");

		if (len == 2 && !memcmp(at, "..", 2)) {
			while (n && ret[--n] != '/')
				;
		} else if (len && !(len == 1 && *at == '.') && n + len + 2 < PATH_MAX) {
			ret[n++] = '/';
			memcpy(ret + n, at, len);
			n += len;
		}
		at += len + (at[len] == '/');
	}
	if (!n)
		ret[n++] = '/';
	ret[n] = 0;
}

bool weakness_paths_top(const char *path)
{
	char text[PATH_MAX];

	normalise(path, text);
	return !text[1];
}

/* Whether a path is this one, or below it; below "/" is not told, since all is. */
static bool is_at(const char *path, const char *top)
{
	size_t len = strlen(top);

	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

/* Whether path is one of the list, or below one. */
static bool is_covered(const char *path, char *const *list, size_t n)
{
	char entry[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		normalise(list[i], entry);
		if (is_at(path, entry))
			return true;
	}
	return false;
}

/* ---- namespaces ------------------------------------------------------------------------------ */

enum owner { NOBODY, A_PROCESS, THE_HOST };

/* Whose namespaces a path in /proc leads to: those of init and of rundlet itself are the host's. */
static enum owner owner_of(const char *path)
{
	static const char *const host[] = { "/proc/1", "/proc/self", "/proc/thread-self" };
	char text[PATH_MAX];

	normalise(path, text);
	for (size_t i = 0; i < RL_COUNT(host); i++)
		if (is_at(text, host[i]))
			return THE_HOST;
	return is_at(text, "/proc") ? A_PROCESS : NOBODY;
}

bool weakness_paths_of_host(const char *path)
{
	return owner_of(path) == THE_HOST;
}

void weakness_paths_namespace(struct weakness_search *s, const char *type,
			      enum weakness_level level, const char *what)
{
	const struct oci_linux *l = s->c->linux_;
	char where[RL_ERR_WHERE] = "linux.namespaces";
	enum owner owner = THE_HOST;

	for (size_t i = 0; l && i < l->n_namespaces; i++) {
		if (strcmp(l->namespaces[i]->type, type) != 0)
			continue;
		owner = l->namespaces[i]->path ? owner_of(l->namespaces[i]->path) : NOBODY;
		snprintf(where, sizeof(where), "linux.namespaces[%zu].path", i);
	}
	if (owner == THE_HOST)
		weakness_add(s, level, "host-namespace", where, "%s is the host's: %s", type, what);
	/* Engines join the namespaces of a pod so: no more is known without a look at the host. */
	if (owner == A_PROCESS)
		weakness_add(s, WEAKNESS_LOW, "host-namespace", where,
			     "%s is the host's if the process is: %s", type, what);
}

/* ---- mounts ---------------------------------------------------------------------------------- */

static bool has_option(const struct oci_mount *m, const char *option)
{
	for (size_t i = 0; i < m->n_options; i++)
		if (!strcmp(m->options[i], option))
			return true;
	return false;
}

bool weakness_paths_readonly(const struct oci_mount *m)
{
	bool ro = false;

	for (size_t i = 0; i < m->n_options; i++) {
		const char *o = m->options[i];

		if (!strcmp(o, "ro") || !strcmp(o, "rro"))
			ro = true;
		if (!strcmp(o, "rw") || !strcmp(o, "rrw"))
			ro = false;
	}
	return ro;
}

/* Whether all that is bound is: with "rbind", "ro" is for the uppermost mount only. */
static bool is_tree_readonly(const struct oci_mount *m)
{
	return weakness_paths_readonly(m) && (!has_option(m, "rbind") || has_option(m, "rro"));
}

static bool is_bind(const struct oci_mount *m)
{
	return (m->type && !strcmp(m->type, "bind")) || has_option(m, "bind") ||
	       has_option(m, "rbind");
}

/* What the container has at /proc or /sys, of which path is a part; NULL: nothing. */
static const struct oci_mount *mount_of(const struct weakness_search *s, const char *path)
{
	const struct oci_mount *found = NULL;

	for (size_t i = 0; i < s->c->n_mounts; i++)
		if (is_covered(path, &s->c->mounts[i]->destination, 1))
			found = s->c->mounts[i];
	return found;
}

void weakness_paths_unmasked(struct weakness_search *s, const char *path, enum weakness_level level,
			     const char *what)
{
	const struct oci_linux *l = s->c->linux_;

	if (!mount_of(s, path) || (l && is_covered(path, l->masked_paths, l->n_masked_paths)))
		return;
	weakness_add(s, level, "unmasked-path", "linux.maskedPaths", "%s is not in it: %s", path,
		     what);
}

void weakness_paths_writable(struct weakness_search *s, const char *path, enum weakness_level level,
			     enum weakness_level in_userns, const char *what)
{
	const struct oci_linux *l = s->c->linux_;
	const struct oci_mount *m = mount_of(s, path);

	if (!m || weakness_paths_readonly(m))
		return;
	if (l && (is_covered(path, l->readonly_paths, l->n_readonly_paths) ||
		  is_covered(path, l->masked_paths, l->n_masked_paths)))
		return;
	weakness_add(s, s->userns ? in_userns : level, "writable-path", "linux.readonlyPaths",
		     "%s is not in it: %s", path, what);
}

/* ---- sources of the host --------------------------------------------------------------------- */

static const struct source {
	const char *path;
	enum weakness_level level, readonly;
	const char *what;
} sources[] = {
#define CAPABILITY(name, level, userns, what)
#define NAMESPACE(type, level, what)
#define MASKED(path, level, what)
#define READONLY(path, level, userns, what)
#define SOURCE(path, level, ro, what) { path, LEVEL(level), LEVEL(ro), what },
#define OWN(path)                     { path "/", WEAKNESS_NONE, WEAKNESS_NONE, NULL },
#define DEVICE(type, major, minor, level, what)
#define RULE(name, function)
#include "spec/weakness.def"
};

/* The row that says most of a path; NULL: none. */
static const struct source *source_of(const char *path)
{
	const struct source *found = NULL;

	for (const struct source *row = sources; row < sources + RL_COUNT(sources); row++) {
		size_t len = strlen(row->path);
		bool below = len > 1 && row->path[len - 1] == '/'; /* and not the place itself */

		if ((below ? !strncmp(path, row->path, len) : is_at(path, row->path)) &&
		    (!found || len > strlen(found->path)))
			found = row;
	}
	return found;
}

/* The text of a source, where /var/run is the link to /run that it is on each distribution. */
static const char *host_path(const char *source, char ret[PATH_MAX])
{
	static const char link[] = "/var/run", target[] = "/run";

	normalise(source, ret);
	return is_at(ret, link) ? ret + strlen(link) - strlen(target) : ret;
}

void weakness_paths_sources(struct weakness_search *s, const char *rule)
{
	char where[RL_ERR_WHERE], text[PATH_MAX];

	for (size_t i = 0; i < s->c->n_mounts; i++) {
		const struct oci_mount *m = s->c->mounts[i];
		const char *path = host_path(m->source, text);
		const struct source *row = source_of(path);
		bool ro = is_tree_readonly(m);

		/* A relative one is of the bundle. */
		if (!is_bind(m) || !row || !m->source || m->source[0] != '/')
			continue;
		snprintf(where, sizeof(where), "mounts[%zu].source", i);
		weakness_add(s, ro ? row->readonly : row->level, rule, where,
			     "%s of the host%s: %s", path, ro ? ", read-only" : "", row->what);
	}
}
