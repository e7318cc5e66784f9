/* SPDX-License-Identifier: Apache-2.0 */
/* The user namespace that a caller without root's rights needs; see rootless-plan.c. */
#ifndef RL_CONTAINER_ROOTLESS_H
#define RL_CONTAINER_ROOTLESS_H

#include "libocispec/ocispec.h"
#include "process/process.h"

/* A configuration with what is added to it. It borrows from that which it was made of. */
struct rootless {
	struct oci_config config;
	struct oci_linux linux_;
	struct oci_namespace user;
	struct oci_namespace **namespaces; /* owned */
	struct rootless_maps {
		struct oci_id_mapping maps[SUBID_MAX + 1];
		struct oci_id_mapping *list[SUBID_MAX + 1];
		size_t n;
	} uids, gids;
};

/*
 * Make the configuration that is carried out: the given one, and if the caller has no rights to
 * make its namespaces and it has no user namespace, with one. Pure, but for a warning. Returns 0 or
 * -ENOMEM; rootless_done() it in any case.
 */
int rootless_plan(const struct oci_config *c, const struct idmap_facts *ids, struct rootless *ret);
void rootless_done(struct rootless *r);

#endif
