/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to what update is given. */
#ifndef RL_CLI_UPDATE_OPTIONS_H
#define RL_CLI_UPDATE_OPTIONS_H

#include "base/err.h"
#include "cli/options.h"
#include "container/container.h"
#include "libocispec/ocispec.h"

struct update_options {
	struct container_update update; /* borrows from struct options and from here */
	struct oci_doc doc;             /* of --resources */
	struct oci_resources resources; /* the same with the single options laid over it */
	struct oci_memory memory;
	struct oci_cpu cpu;
	struct oci_pids pids;
	struct oci_block_io block_io;
};

/*
 * Read the resources and the single limits into *ret. Returns 0 or a negative errno with *e filled;
 * update_options_done() is needed in both cases.
 */
int update_options_init(struct update_options *ret, const struct options *o, struct rl_err *e);
void update_options_done(struct update_options *u);

#endif
