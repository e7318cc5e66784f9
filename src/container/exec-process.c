/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the process that exec runs; see exec-process.h. Pure. */
#include "container/exec-process.h"

#include "security/security.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A new list with what is in both; it owns no string. */
static int join(char *const *a, size_t n_a, char *const *b, size_t n_b, char ***ret, char ***list,
		size_t *n)
{
	char **all = calloc(n_a + n_b + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	if (n_a)
		memcpy(all, a, n_a * sizeof(*all));
	memcpy(all + n_a, b, n_b * sizeof(*all));
	*list = *ret = all;
	*n = n_a + n_b;
	return 0;
}

static int add_env(const struct container_exec *x, struct exec_process *ret, struct rl_err *e)
{
	struct oci_process *p = &ret->process;

	for (size_t i = 0; i < x->n_env; i++)
		if (x->env[i][0] == '=' || !strchr(x->env[i], '='))
			return rl_whole(e, -EINVAL, "--env: \"%.64s\" is not NAME=value",
					x->env[i]);
	return x->n_env ? join(p->env, p->n_env, x->env, x->n_env, &ret->env, &p->env, &p->n_env) :
			  0;
}

/*
 * Never to the inheritable or the ambient set: with these a program that is not root's, or has
 * capabilities on its file, would get what nobody meant for it (CVE-2022-29162).
 */
static int add_caps(const struct container_exec *x, struct exec_process *ret, struct rl_err *e)
{
	struct oci_capabilities *c = &ret->capabilities;
	int r;

	if (!x->n_caps)
		return 0;
	for (size_t i = 0; i < x->n_caps; i++)
		if (caps_number(x->caps[i]) < 0)
			return rl_whole(e, -EINVAL, "--cap: \"%.64s\" is not a capability",
					x->caps[i]);
	if (ret->process.capabilities)
		*c = *ret->process.capabilities;
	ret->process.capabilities = c;
	r = join(c->bounding, c->n_bounding, x->caps, x->n_caps, &ret->bounding, &c->bounding,
		 &c->n_bounding);
	if (r == 0)
		r = join(c->effective, c->n_effective, x->caps, x->n_caps, &ret->effective,
			 &c->effective, &c->n_effective);
	if (r == 0)
		r = join(c->permitted, c->n_permitted, x->caps, x->n_caps, &ret->permitted,
			 &c->permitted, &c->n_permitted);
	return r;
}

static int set_user(const struct container_exec *x, struct exec_process *ret)
{
	struct oci_user *u = &ret->user;

	if (!x->has_uid && !x->has_gid && !x->n_gids)
		return 0;
	if (ret->process.user)
		*u = *ret->process.user;
	ret->process.user = u;
	if (x->has_uid)
		u->uid = x->uid;
	if (x->has_gid)
		u->gid = x->gid;
	if (!x->n_gids)
		return 0;
	ret->gids = calloc(u->n_additional_gids + x->n_gids, sizeof(*ret->gids));
	if (!ret->gids)
		return -ENOMEM;
	if (u->n_additional_gids)
		memcpy(ret->gids, u->additional_gids, u->n_additional_gids * sizeof(*ret->gids));
	memcpy(ret->gids + u->n_additional_gids, x->gids, x->n_gids * sizeof(*ret->gids));
	u->additional_gids = ret->gids;
	u->n_additional_gids += x->n_gids;
	return 0;
}

static int set_args(const struct container_exec *x, struct oci_process *p, struct rl_err *e)
{
	if (x->process && x->n_args)
		return rl_whole(e, -EINVAL,
				"the program stands in the document of --process: \"%.64s\" is one "
				"too many",
				x->args[0]);
	if (x->process)
		return 0;
	if (!x->n_args)
		return rl_whole(e, -EINVAL,
				"there is nothing to run: neither a program nor "
				"--process");
	p->args = (char **)(uintptr_t)x->args;
	p->n_args = x->n_args;
	return 0;
}

/* A document that says nothing of them must not lead out of what confines the container. */
static void set_labels(const struct container_exec *x, const struct oci_process *first,
		       struct oci_process *p)
{
	if (x->process_label)
		p->selinux_label = (char *)(uintptr_t)x->process_label;
	else if (!p->selinux_label && first)
		p->selinux_label = first->selinux_label;
	if (x->apparmor)
		p->apparmor_profile = (char *)(uintptr_t)x->apparmor;
	else if (!p->apparmor_profile && first)
		p->apparmor_profile = first->apparmor_profile;
}

int exec_process_make(const struct container_exec *x, const struct oci_process *from,
		      const struct oci_process *first, struct exec_process *ret, struct rl_err *e)
{
	struct oci_process *p = &ret->process;
	int r;

	*ret = (struct exec_process){ .process = *from };
	r = set_args(x, p, e);
	if (r == 0)
		r = add_env(x, ret, e);
	if (r == 0)
		r = add_caps(x, ret, e);
	if (r == 0)
		r = set_user(x, ret);
	if (r < 0)
		return rl_fail(e, r, "make the process");
	if (x->cwd)
		p->cwd = (char *)(uintptr_t)x->cwd;
	set_labels(x, first, p);
	p->no_new_privileges |= x->no_new_privs;
	/* Without --process it is another program: whether it has a terminal is said for it. */
	p->terminal = x->tty || (x->process && p->terminal);
	return 0;
}

void exec_process_done(struct exec_process *p)
{
	free(p->env);
	free(p->bounding);
	free(p->effective);
	free(p->permitted);
	free(p->gids);
}
