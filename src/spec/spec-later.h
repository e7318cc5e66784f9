/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refuses what a configuration asks for and this version does not carry out: nothing is silently
 * ignored. Which members these are is a column of the schema (libocispec/schema-config.def).
 */
#ifndef RL_SPEC_SPEC_LATER_H
#define RL_SPEC_SPEC_LATER_H

#include "base/err.h"
#include "libocispec/ocispec.h"

/* Returns 0, or -EINVAL with *e filled: `where` is the member. */
int spec_later(const struct oci_config *c, struct rl_err *e);

#endif
