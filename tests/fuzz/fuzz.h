/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share; targets.def lists them, fuzz.c runs them. */
#ifndef RL_TESTS_FUZZ_H
#define RL_TESTS_FUZZ_H

#include "base/err.h"
#include "container/notify-text.h"
#include "libocispec/ocispec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ(name, function, max, what) void function(const uint8_t *data, size_t size);
#include "tests/fuzz/targets.def"
#undef FUZZ

/* Abort, and say which rule was broken, unless the condition holds. */
void fuzz_require(bool condition, const char *rule);

/* The bytes up to the first NUL or their end as a string, in memory of exactly its length; to be
 * freed. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The words of a text that stand between line ends; the text is cut, the array has room for max. */
size_t fuzz_words(char *text, char **ret, size_t max);

/* What a parser returned: 0 or more and no error, or an error that says what it is. */
void fuzz_result(int r, const struct rl_err *e);

/* A directory of this process, open, with the bytes as the file `name`. */
int fuzz_dir(const char *name, const uint8_t *data, size_t size);

/* Everything that is done with a document alone: walk, look up, save, load again. */
void fuzz_document_check(const struct oci_doc *doc);

#endif
