/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a container that `state` and `list` print; runc's shape, which engines decode. */
#ifndef RL_CLI_DESCRIBE_H
#define RL_CLI_DESCRIBE_H

#include "base/report.h"
#include "container/container.h"

/* The members of the object that is open in r. */
void describe_container(struct report *r, const struct container_info *i, const char *owner);

#endif
