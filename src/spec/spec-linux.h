/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what the Linux part of a configuration means; called by spec_check(). No system call. */
#ifndef RL_SPEC_SPEC_LINUX_H
#define RL_SPEC_SPEC_LINUX_H

#include "base/err.h"
#include "libocispec/ocispec.h"

/* Returns 0, or -EINVAL with *e filled: `where` is the key that is wrong. */
int spec_linux(const struct oci_config *c, struct rl_err *e);

#endif
