/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that a configuration may use for privileges, for `rundlet features`: from the tables of
 * the planner, without what this host lacks.
 */
#ifndef RL_SECURITY_SECURITY_NAMES_H
#define RL_SECURITY_SECURITY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called for each name, which lives as long as the call. */
typedef void security_names_visit(void *context, const char *name);

void security_names_capabilities(security_names_visit *visit, void *context);
void security_names_actions(security_names_visit *visit, void *context);
void security_names_operators(security_names_visit *visit, void *context);

/* Those that the libseccomp we run with knows. */
void security_names_archs(security_names_visit *visit, void *context);

/* All flags, or those that this kernel has; and the bits of those that it lacks. */
void security_names_flags(bool supported, security_names_visit *visit, void *context);
uint32_t security_names_lacking(void);

/* The version of the libseccomp we run with: "2.5.4". */
void security_names_libseccomp(char *buf, size_t size);

#endif
