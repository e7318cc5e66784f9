/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses what this version does not carry out; see spec-later.h. */
#include "spec/spec-later.h"

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

int spec_later(const struct oci_config *c, struct rl_err *e)
{
	return oci_walk(&oci_config_table, c, on_member, e);
}
