/* SPDX-License-Identifier: Apache-2.0 */
/* What the finders of weaknesses share. Private to weakness*.c. */
#ifndef RL_SPEC_WEAKNESS_FIND_H
#define RL_SPEC_WEAKNESS_FIND_H

#include "spec/weakness.h"

#include <stdbool.h>

struct weakness_search {
	const struct oci_config *c;
	bool userns;  /* the container has a user namespace in which nobody is the host's root */
	size_t found; /* so far, with those that were replaced */
	struct weakness_list *ret;
};

/* Add one, unless its level is NONE. */
void weakness_add(struct weakness_search *s, enum weakness_level level, const char *rule,
		  const char *where, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#define LEVEL(level) WEAKNESS_##level

/* Whether the options of a mount make it read-only; of those below it they may say nothing. */
bool weakness_paths_readonly(const struct oci_mount *m);
/* Whether a path is "/", however it is spelt. */
bool weakness_paths_top(const char *path);
/* Whether the path of a namespace says that it is the host's. */
bool weakness_paths_of_host(const char *path);
/* The rows NAMESPACE, MASKED and READONLY of weakness.def. */
void weakness_paths_namespace(struct weakness_search *s, const char *type,
			      enum weakness_level level, const char *what);
void weakness_paths_unmasked(struct weakness_search *s, const char *path, enum weakness_level level,
			     const char *what);
void weakness_paths_writable(struct weakness_search *s, const char *path, enum weakness_level level,
			     enum weakness_level in_userns, const char *what);
/* Whether a device rule lets something be read or written: to make a node is not to open it. */
bool weakness_rules_opens(const struct oci_device_rule *d);
/* Whether a number of a device is every number: engines write -1 where others leave it out. */
bool weakness_rules_any(bool has, int64_t number);
/* The uid mapping in which id 0 of the host is, or -1. */
int weakness_rules_root_map(const struct oci_config *c);

/* The rows RULE of weakness.def. */
#define CAPABILITY(name, level, userns, what)
#define NAMESPACE(type, level, what)
#define MASKED(path, level, what)
#define READONLY(path, level, userns, what)
#define SOURCE(path, level, ro, what)
#define OWN(path)
#define DEVICE(type, major, minor, level, what)
#define RULE(name, function) void function(struct weakness_search *s, const char *rule);
#include "spec/weakness.def"
#undef CAPABILITY
#undef NAMESPACE
#undef MASKED
#undef READONLY
#undef SOURCE
#undef OWN
#undef DEVICE
#undef RULE

#endif
