/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a configuration: decodes it and checks what it means. Makes no system call.
 *
 * What this version does not carry out is not refused here, but by spec_later().
 */
#ifndef RL_SPEC_SPEC_LOAD_H
#define RL_SPEC_SPEC_LOAD_H

#include "base/err.h"
#include "libocispec/ocispec.h"

/*
 * Decode a config.json and check it with spec_check(). `name` is its path, for messages. Fills
 * *ret, to be freed with oci_done(); ret->root is a struct oci_config. Returns 0, or a negative
 * errno with *e filled, line and column too.
 */
int spec_load(const char *text, size_t len, const char *name, struct oci_doc *ret,
	      struct rl_err *e);

/*
 * Decode a document that is what linux.resources is in a config.json. ret->root is a struct
 * oci_resources. What it means is checked when it is used.
 */
int spec_load_resources(const char *text, size_t len, const char *name, struct oci_doc *ret,
			struct rl_err *e);

/*
 * Decode an array that is what mounts is in a config.json. ret->root is a struct oci_config that
 * has nothing else. What they mean is checked when they are used.
 */
int spec_load_mounts(const char *text, size_t len, const char *name, struct oci_doc *ret,
		     struct rl_err *e);

/*
 * Decode a document that is what process is in a config.json. ret->root is a struct oci_config that
 * has nothing else. What it means is checked when it is used.
 */
int spec_load_process(const char *text, size_t len, const char *name, struct oci_doc *ret,
		      struct rl_err *e);

#endif
