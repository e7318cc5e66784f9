/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses what this version does not carry out; see spec-later.h. */
#include "spec/spec-later.h"

#include <stdio.h>
#include <string.h>

static int refuse_later(struct rl_err *e, const char *key)
{
	return rl_refuse(e, key, "is not carried out yet by this version of rundlet");
}

static int on_member(void *context, const char *key, const struct oci_member *m, const void *value)
{
	struct rl_err *e = context;

	switch ((enum oci_use)m->use) {
	case OCI_LATER:
		return oci_is_nothing(m, value) ? OCI_WALK_SKIP : refuse_later(e, key);
	case OCI_NOT_LINUX:
		return oci_is_nothing(m, value) ? OCI_WALK_SKIP :
						  rl_refuse(e, key, "is not for Linux containers");
	case OCI_USED:
	case OCI_IGNORED:
		break;
	}
	return 0;
}

/* A word of a list of words that is carried out otherwise. */
static int refuse_notify(const struct oci_seccomp *s, struct rl_err *e)
{
	static const char notify[] = "SCMP_ACT_NOTIFY";

	if (strcmp(s->default_action, notify) == 0)
		return refuse_later(e, "linux.seccomp.defaultAction");
	for (size_t i = 0; i < s->n_syscalls; i++) {
		char where[RL_ERR_WHERE];

		snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu].action", i);
		if (strcmp(s->syscalls[i]->action, notify) == 0)
			return refuse_later(e, where);
	}
	return 0;
}

int spec_later(const struct oci_config *c, struct rl_err *e)
{
	int r = oci_walk(&oci_config_table, c, on_member, e);

	if (r == 0 && c->linux_ && c->linux_->seccomp)
		r = refuse_notify(c->linux_->seccomp, e);
	return r;
}
