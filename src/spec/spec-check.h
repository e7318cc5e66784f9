/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks what a decoded configuration means: the rules of the specification that need no knowledge
 * of the host. Makes no system call. The planners check what they turn into numbers: names of
 * limits, capabilities, options, devices, kernel parameters.
 */
#ifndef RL_SPEC_SPEC_CHECK_H
#define RL_SPEC_SPEC_CHECK_H

#include "base/err.h"
#include "libocispec/ocispec.h"

/* Returns 0, or -EINVAL with *e filled: `where` is the key that is wrong. */
int spec_check(const struct oci_config *c, struct rl_err *e);

#endif
