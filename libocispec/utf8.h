/* SPDX-License-Identifier: Apache-2.0 */
/* Strict UTF-8 (RFC 3629). Internal to libocispec. */
#ifndef OCISPEC_UTF8_H
#define OCISPEC_UTF8_H

#include <stddef.h>

/* How many bytes from the start are valid UTF-8: len when all are. */
size_t utf8_valid(const char *s, size_t len);

#endif
