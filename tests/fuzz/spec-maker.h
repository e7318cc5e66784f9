/* SPDX-License-Identifier: Apache-2.0 */
/* Makes configurations out of the schema: bytes choose among what it allows. */
#ifndef RL_TESTS_SPEC_MAKER_H
#define RL_TESTS_SPEC_MAKER_H

#include <stddef.h>
#include <stdint.h>

/*
 * A config.json that has what must be there, members that the bytes choose, and of each a value
 * that the table allows. When the bytes are used up it ends as soon as it can. To be freed.
 */
char *spec_maker_text(const uint8_t *data, size_t size);

#endif
