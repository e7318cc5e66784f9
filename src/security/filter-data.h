/* SPDX-License-Identifier: Apache-2.0 */
/* A filter that somebody else has compiled: classic BPF in base64. Inside src/security only. */
#ifndef RL_SECURITY_FILTER_DATA_H
#define RL_SECURITY_FILTER_DATA_H

#include "base/err.h"
#include "base/flat.h"

/* Read the program into the plan. What the kernel would not take is refused, with the key `where`.
 */
int filter_data_read(const char *text, const char *where, struct flat *f, struct flat_blob *ret,
		     struct rl_err *e);

#endif
