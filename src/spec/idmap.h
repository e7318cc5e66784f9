/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings of ids, those of user namespaces and of mounts: checks, and the kernel's text. Pure. */
#ifndef RL_SPEC_IDMAP_H
#define RL_SPEC_IDMAP_H

#include "base/err.h"
#include "base/flat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oci_id_mapping;

#define IDMAP_LINES 340 /* UID_GID_MAP_MAX_EXTENTS of the kernel */

/*
 * Check the mappings and put the text for /proc/PID/uid_map or gid_map into the plan. `where` is
 * their key: "linux.uidMappings".
 */
int idmap_plan(struct oci_id_mapping *const *maps, size_t n, const char *where, struct flat *f,
	       flat_str *ret, struct rl_err *e);

/* Whether the id of the container is mapped. */
bool idmap_has(struct oci_id_mapping *const *maps, size_t n, uint32_t id);

#endif
