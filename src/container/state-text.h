/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a container (runtime.md#state) as JSON, in two parts: between them stands the pid,
 * which is not known when it is planned. */
#ifndef RL_CONTAINER_STATE_TEXT_H
#define RL_CONTAINER_STATE_TEXT_H

#include <stdio.h>

struct oci_config;

/* `{"ociVersion":"1.3.0","id":"c","status":"`: the status and `","pid":N` are to follow. */
void state_text_head(FILE *out, const struct oci_config *c, const char *id);

/* `,"bundle":"/b","annotations":{...}}` */
void state_text_tail(FILE *out, const struct oci_config *c, const char *bundle);

#endif
