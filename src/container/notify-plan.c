/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the socket for readiness messages of a container; see notify.h. Pure, but for warnings. */
#include "container/notify.h"

#include "base/auto.h"
#include "base/log.h"
#include "spec/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSIDE "/run/notify" /* where the directory is in the container */

#define VARIABLE "NOTIFY_SOCKET="

static bool has_variable(const struct oci_process *p)
{
	for (size_t i = 0; i < p->n_env; i++)
		if (!strncmp(p->env[i], VARIABLE, strlen(VARIABLE)))
			return true;
	return false;
}

static char *constant(const char *text)
{
	return (char *)(uintptr_t)text;
}

/*
 * Read-only: nobody in the container makes files in the state directory. Private: nor mounts, if
 * the root is shared with the host.
 */
static void make_mount(struct notify_config *ret)
{
	static char *const options[] = {
		(char *)(uintptr_t) "bind",   (char *)(uintptr_t) "ro",
		(char *)(uintptr_t) "nosuid", (char *)(uintptr_t) "nodev",
		(char *)(uintptr_t) "noexec", (char *)(uintptr_t) "private"
	};

	ret->mount = (struct oci_mount){
		.destination = constant(INSIDE),
		.type = constant("bind"),
		.source = ret->source,
		.options = (char **)(uintptr_t)options,
		.n_options = RL_COUNT(options),
	};
}

static int add(const struct oci_config *c, const char *root, const char *id,
	       struct notify_config *ret)
{
	const size_t n_env = c->process->n_env;

	ret->mounts = calloc(c->n_mounts + 1, sizeof(*ret->mounts));
	ret->env = calloc(n_env + 1, sizeof(*ret->env));
	if (!ret->mounts || !ret->env || asprintf(&ret->source, "%s/%s/" NOTIFY_DIR, root, id) < 0)
		return -ENOMEM;
	make_mount(ret);
	if (c->n_mounts)
		memcpy(ret->mounts, c->mounts, c->n_mounts * sizeof(*ret->mounts));
	ret->mounts[c->n_mounts] = &ret->mount;
	if (n_env)
		memcpy(ret->env, c->process->env, n_env * sizeof(*ret->env));
	ret->env[n_env] = constant(VARIABLE INSIDE "/" NOTIFY_SOCKET);
	ret->process = *c->process;
	ret->process.env = ret->env;
	ret->process.n_env = n_env + 1;
	ret->config.process = &ret->process;
	ret->config.mounts = ret->mounts;
	ret->config.n_mounts = c->n_mounts + 1;
	return 0;
}

int notify_plan(const struct oci_config *c, const char *root, const char *id, const char *address,
		struct notify_config *ret, bool *ret_added, struct rl_err *e)
{
	const struct oci_namespace *mount = lookup_namespace(c->linux_, "mount");
	int r;

	ret->config = *c;
	*ret_added = false;
	if (!address || !c->process || has_variable(c->process))
		return 0;
	r = notify_check_address(address, e);
	if (r < 0)
		return r;
	if (!mount || lookup_is_joined(mount)) {
		log_warn("NOTIFY_SOCKET is not passed on to a container without a mount namespace "
			 "of its own, ignoring");
		return 0;
	}
	r = add(c, root, id, ret);
	*ret_added = r == 0;
	return r < 0 ? rl_fail(e, r, "make room for the mount of NOTIFY_SOCKET") : 0;
}

void notify_explain(const struct oci_config *c, struct rl_err *e)
{
	char where[RL_ERR_WHERE];
	const size_t n = (size_t)snprintf(where, sizeof(where), "mounts[%zu]", c->n_mounts);

	if (strncmp(e->where, where, n) != 0)
		return;
	e->where[0] = 0;
	rl_hint(e, "this mount is for NOTIFY_SOCKET of the environment: unset it if nobody is to "
		   "be told");
}

void notify_config_done(struct notify_config *c)
{
	free(c->mounts);
	free(c->env);
	free(c->source);
}
