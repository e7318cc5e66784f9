/* SPDX-License-Identifier: Apache-2.0 */
/* What a container may be called. The name is a directory below the state root. */
#ifndef RL_SPEC_ID_H
#define RL_SPEC_ID_H

#include "base/err.h"

#define ID_MAX 255 /* bytes: NAME_MAX, of a directory */

/*
 * Check an id: 1 to 255 letters, digits and _ + . -, not starting with a dot. (One that starts
 * with '-' reaches here only from behind "--".) Returns 0 or -EINVAL with *e filled.
 */
int id_check(const char *id, struct rl_err *e);

#endif
