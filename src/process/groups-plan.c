/* SPDX-License-Identifier: Apache-2.0 */
/* Plans whether the caller's supplementary groups stay: an annotation of podman's. Pure. */
#include "libocispec/ocispec.h"
#include "process/process.h"
#include "spec/lookup.h"

#include <string.h>

#define KEY "run.oci.keep_original_groups"

int groups_keep_plan(const struct oci_config *c, uint8_t *ret, struct rl_err *e)
{
	const char *value = lookup_annotation(c, KEY);

	if (!value)
		return 0;
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return rl_refuse(e, "annotations[\"" KEY "\"]", "\"%.64s\" is neither 1 nor 0",
				 value);
	*ret = value[0] == '1';
	return 0;
}
