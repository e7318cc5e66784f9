/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: its directory and its configuration, read, decoded and checked. */
#ifndef RL_CONTAINER_BUNDLE_H
#define RL_CONTAINER_BUNDLE_H

#include "base/err.h"
#include "libocispec/ocispec.h"

struct bundle {
	char *path;        /* absolute, owned */
	char *config_path; /* absolute path of the configuration, owned */
	char *text;        /* the configuration as it was read, owned */
	size_t len;
	struct oci_doc doc;
	const struct oci_config *config; /* in doc */
};

/*
 * Load dir/config (NULL: "." and config.json). Every member that this version does not carry out is
 * refused. Returns 0 or a negative errno with *e filled; bundle_done() is needed in both cases.
 */
int bundle_load(struct bundle *b, const char *dir, const char *config, struct rl_err *e);
void bundle_done(struct bundle *b);

/*
 * Load the configuration as it was at create, from the state directory. Returns 0 or a negative
 * errno with *e filled; oci_done() in any case.
 */
int bundle_load_stored(int state_fd, struct oci_doc *ret, struct rl_err *e);

/*
 * Fill line and column of an error whose `where` names a member of the configuration.
 */
void bundle_locate(const struct bundle *b, struct rl_err *e);

#endif
