/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads scalars and checks what the schema says of them: type, bounds, words, shape. Internal to
 * libocispec. On failure a function writes what is wrong to `complaint`.
 */
#ifndef OCISPEC_VALUE_H
#define OCISPEC_VALUE_H

#include "libocispec/schema.h"

/*
 * Read a valid JSON number of `len` characters, at least one, into *ret, which has the C type of
 * the kind: OCI_U32, OCI_I64 or OCI_U64. Returns 0, -EINVAL (no integer) or -ERANGE.
 */
int value_number(const struct oci_member *m, enum oci_kind kind, const char *s, size_t len,
		 void *ret, char *complaint, size_t size);

/* Returns 0, or -EINVAL if it is not what the member may be. */
int value_check_string(const struct oci_member *m, const char *s, char *complaint, size_t size);

#endif
