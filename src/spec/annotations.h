/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The annotations of annotations.def: annotation_NAME is the key in config.json, and
 * annotation_NAME_where what errors say. Arrays, so that the stub can have them. Pure.
 */
#ifndef RL_SPEC_ANNOTATIONS_H
#define RL_SPEC_ANNOTATIONS_H

#include <stdint.h>

struct oci_config;
struct rl_err;

#define ANNOTATION(name, key, by, what)              \
	static const char annotation_##name[] = key; \
	static const char annotation_##name##_where[] = "annotations[\"" key "\"]";
#include "spec/annotations.def"
#undef ANNOTATION

/* The value of an annotation, borrowed from the configuration. NULL: there is none. */
const char *annotations_get(const struct oci_config *c, const char *key);

/*
 * 1: it is "1"; 0: it is "0", or there is none. Returns 0, or -EINVAL: it is neither.
 */
int annotations_flag(const struct oci_config *c, const char *key, uint8_t *ret, struct rl_err *e);

/*
 * An absolute path, borrowed from the configuration. NULL: there is none. Returns 0, or -EINVAL:
 * it is no absolute one.
 */
int annotations_path(const struct oci_config *c, const char *key, const char **ret,
		     struct rl_err *e);

#endif
