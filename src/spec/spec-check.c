/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what a configuration means, beside its Linux part; see spec-check.h. */
#include "spec/spec-check.h"

#include "spec/spec-linux.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION_MAJOR "1" /* what we know is 1.3.0; minor versions are compatible */

/* A number of a version: digits without a leading zero. Returns its end, or NULL. */
static const char *version_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && (n == 1 || s[0] != '0') ? s + n : NULL;
}

/* "rc.1", "20260101.5-x": parts of letters, digits and '-' between dots. Returns its end, or NULL.
 */
static const char *version_tail(const char *s, bool build)
{
	for (;;) {
		size_t n = 0;
		bool digits = true;

		for (; isalnum((unsigned char)s[n]) || s[n] == '-'; n++)
			digits = digits && isdigit((unsigned char)s[n]);
		if (!n || (!build && digits && n > 1 && s[0] == '0'))
			return NULL;
		s += n;
		if (*s != '.')
			return s;
		s++;
	}
}

/* Semantic Versioning 2.0.0 (config.md#specification-version). */
static bool is_version(const char *s)
{
	for (int part = 0; part < 3 && s; part++) {
		if (part)
			s = *s == '.' ? s + 1 : NULL;
		s = s ? version_number(s) : NULL;
	}
	if (s && *s == '-')
		s = version_tail(s + 1, false);
	if (s && *s == '+')
		s = version_tail(s + 1, true);
	return s && *s == '\0';
}

static int check_version(const char *version, struct rl_err *e)
{
	if (!is_version(version))
		return rl_refuse(e, "ociVersion", "\"%.64s\" is not a version such as 1.3.0",
				 version);
	if (strncmp(version, VERSION_MAJOR ".", strlen(VERSION_MAJOR ".")) != 0)
		return rl_refuse(e, "ociVersion",
				 "version %.64s is not known: this rundlet knows " VERSION_MAJOR
				 ".x",
				 version);
	return 0;
}

/* The environment is an array of NAME=value (environ(7)); what else stands there is a mistake. */
static int check_env(const char *key, char *const *env, size_t n, struct rl_err *e)
{
	for (size_t i = 0; i < n; i++) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "%s[%zu]", key, i);
		if (env[i][0] == '=' || env[i][0] == '\0')
			return rl_refuse(e, where, "has no name: it must be NAME=value");
		if (!strchr(env[i], '='))
			return rl_refuse(e, where, "\"%.64s\" has no '=': it must be NAME=value",
					 env[i]);
	}
	return 0;
}

static int check_rlimits(const struct oci_process *p, struct rl_err *e)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct oci_rlimit *l = p->rlimits[i];
		char where[RL_ERR_WHERE];

		for (size_t j = 0; j < i; j++) {
			if (strcmp(l->type, p->rlimits[j]->type) != 0)
				continue;
			snprintf(where, sizeof(where), "process.rlimits[%zu].type", i);
			return rl_refuse(e, where, "\"%s\" stands in process.rlimits[%zu] already",
					 l->type, j);
		}
		snprintf(where, sizeof(where), "process.rlimits[%zu]", i);
		if (l->soft > l->hard)
			return rl_refuse(e, where,
					 "the soft limit %" PRIu64
					 " is above the hard limit %" PRIu64,
					 l->soft, l->hard);
	}
	return 0;
}

static int check_process(const struct oci_process *p, struct rl_err *e)
{
	int r;

	if (!p)
		return rl_refuse(e, "process", "is missing: there is nothing to run");
	if (!p->n_args)
		return rl_refuse(e, "process.args", "is missing or empty: there is nothing to run");
	if (p->cwd[0] != '/')
		return rl_refuse(e, "process.cwd", "\"%s\" is not an absolute path", p->cwd);
	r = check_env("process.env", p->env, p->n_env, e);
	return r < 0 ? r : check_rlimits(p, e);
}

static int check_root(const struct oci_root *root, struct rl_err *e)
{
	if (!root)
		return rl_refuse(e, "root", "is missing");
	if (!root->path[0])
		return rl_refuse(e, "root.path", "is empty: there is no root file system");
	return 0;
}

static int check_mounts(const struct oci_config *c, struct rl_err *e)
{
	for (size_t i = 0; i < c->n_mounts; i++) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "mounts[%zu].destination", i);
		if (!c->mounts[i]->destination[0])
			return rl_refuse(e, where, "is empty");
	}
	return 0;
}

static int check_hook_list(const char *kind, struct oci_hook *const *hooks, size_t n,
			   struct rl_err *e)
{
	for (size_t i = 0; i < n; i++) {
		char where[RL_ERR_WHERE];
		int r;

		snprintf(where, sizeof(where), "hooks.%s[%zu].path", kind, i);
		if (hooks[i]->path[0] != '/')
			return rl_refuse(e, where, "\"%s\" is not an absolute path",
					 hooks[i]->path);
		snprintf(where, sizeof(where), "hooks.%s[%zu].env", kind, i);
		r = check_env(where, hooks[i]->env, hooks[i]->n_env, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_hooks(const struct oci_hooks *h, struct rl_err *e)
{
	const struct {
		const char *kind;
		struct oci_hook *const *hooks;
		size_t n;
	} lists[] = {
#define HOOK(symbol, member, name, status) { name, h->member, h->n_##member },
#include "spec/hooks.def"
#undef HOOK
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && r == 0; i++)
		r = check_hook_list(lists[i].kind, lists[i].hooks, lists[i].n, e);
	return r;
}

static int check_annotations(const struct oci_map *m, struct rl_err *e)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->keys[i][0])
			return rl_refuse(e, "annotations", "a key is empty");
	return 0;
}

int spec_check(const struct oci_config *c, struct rl_err *e)
{
	int r = check_version(c->oci_version, e);

	if (r == 0)
		r = check_root(c->root, e);
	if (r == 0)
		r = check_process(c->process, e);
	if (r == 0)
		r = check_mounts(c, e);
	if (r == 0 && c->hooks)
		r = check_hooks(c->hooks, e);
	if (r == 0 && c->annotations)
		r = check_annotations(c->annotations, e);
	return r < 0 ? r : spec_linux(c, e);
}
