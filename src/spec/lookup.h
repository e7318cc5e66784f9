/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for the entry of a list in config.json that has a name. Pure. */
#ifndef RL_SPEC_LOOKUP_H
#define RL_SPEC_LOOKUP_H

#include "libocispec/ocispec.h"

#include <stdbool.h>

/*
 * The entry of linux.namespaces with this type, borrowed from the configuration. NULL: there is
 * none, and the container has the caller's (config-linux.md, Namespaces).
 */
const struct oci_namespace *lookup_namespace(const struct oci_linux *l, const char *type);

/* Whether it has a path, and is joined. An empty path means a new one, as an absent one does. */
bool lookup_is_joined(const struct oci_namespace *ns);

#endif
