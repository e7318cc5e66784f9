/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the environment of a process. Pure. */
#include "process/process.h"

#include "base/auto.h"

#include <errno.h>
#include <string.h>

#define ENV_MAX        65536
#define ENV_STRING_MAX 131071 /* MAX_ARG_STRLEN of the kernel, without the NUL */

/* Where PATH is not set: what crun, runc and login shells use. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define SOCKET_ENTRIES 2

struct sockets {
	char fds[32];
	char *names;
};

static void sockets_done(struct sockets *s)
{
	free(s->names);
}

struct entry {
	const char *text;
	size_t name; /* length, with the '=' */
	size_t at;   /* in the configuration */
};

/* By name, then the last of each name first. */
static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t len = x->name < y->name ? x->name : y->name;
	int r = memcmp(x->text, y->text, len);

	if (r)
		return r;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->at < y->at ? 1 : -1;
}

/* Set the strings that a later one of the same name overrides to NULL. */
static int drop_overridden(char **env, size_t n)
{
	rl_autofree struct entry *all = calloc(n ? n : 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		size_t name = strcspn(env[i], "=");

		all[i] = (struct entry){ env[i], name + (env[i][name] == '='), i };
	}
	qsort(all, n, sizeof(*all), compare);
	for (size_t i = 1; i < n; i++)
		if (all[i].name == all[i - 1].name &&
		    !memcmp(all[i].text, all[i - 1].text, all[i].name))
			env[all[i].at] = NULL;
	return 0;
}

int env_check(char *const *strings, size_t n, size_t max, const char *where, struct rl_err *e)
{
	if (n > max)
		return rl_refuse(e, where, "more than %zu entries", max);
	for (size_t i = 0; i < n; i++) {
		char key[RL_ERR_WHERE];

		if (strlen(strings[i]) <= ENV_STRING_MAX)
			continue;
		snprintf(key, sizeof(key), "%s[%zu]", where, i);
		return rl_refuse(e, key, "is longer than %d bytes, the kernel's limit",
				 ENV_STRING_MAX);
	}
	return 0;
}

/* What the configuration may have of these is about other descriptors. */
static bool is_about_sockets(const char *entry)
{
	return !strncmp(entry, "LISTEN_FDS=", 11) || !strncmp(entry, "LISTEN_PID=", 11) ||
	       !strncmp(entry, "LISTEN_FDNAMES=", 15);
}

/* The pid is not known yet: see exec_prepare(). */
static size_t add_sockets(const struct process_facts *facts, struct sockets *s, char **ret)
{
	snprintf(s->fds, sizeof(s->fds), "LISTEN_FDS=%u", facts->listen_fds);
	ret[0] = s->fds;
	if (!facts->listen_names)
		return 1;
	if (asprintf(&s->names, "LISTEN_FDNAMES=%s", facts->listen_names) < 0)
		return 0;
	ret[1] = s->names;
	return 2;
}

int env_plan(char *const *env, size_t n, const struct process_facts *facts, struct flat *f,
	     struct process_plan *p, struct rl_err *e)
{
	rl_auto(sockets_done) struct sockets sockets = { .names = NULL };
	rl_autofree char **kept = NULL;
	const char *path = DEFAULT_PATH;
	size_t n_kept = 0;
	bool home = false;
	int r = env_check(env, n, ENV_MAX, "process.env", e);

	if (r < 0)
		return r;
	kept = calloc(n + SOCKET_ENTRIES, sizeof(*kept));
	if (!kept)
		return rl_fail(e, -ENOMEM, "make room for the environment");
	if (n)
		memcpy(kept, env, n * sizeof(*kept));
	r = drop_overridden(kept, n);
	if (r < 0)
		return rl_fail(e, r, "make room for the environment");
	for (size_t i = 0; i < n; i++) {
		if (!kept[i] || (facts->listen_fds && is_about_sockets(kept[i])))
			continue;
		if (!strncmp(kept[i], "PATH=", 5))
			path = kept[i] + 5;
		home = home || !strncmp(kept[i], "HOME=", 5);
		kept[n_kept++] = kept[i];
	}
	if (facts->listen_fds) {
		const size_t added = add_sockets(facts, &sockets, kept + n_kept);

		if (!added)
			return rl_fail(e, -ENOMEM, "make room for the environment");
		n_kept += added;
	}
	p->say_listen_pid = facts->listen_fds > 0;
	p->env = flat_add_strs(f, kept, n_kept);
	p->path_value = flat_add_str(f, path);
	p->find_home = !home;
	return 0;
}
