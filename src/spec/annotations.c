/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the values of annotations; see annotations.h. */
#include "spec/annotations.h"

#include "base/err.h"
#include "libocispec/ocispec.h"

#include <stdio.h>
#include <string.h>

const char *annotations_get(const struct oci_config *c, const char *key)
{
	const struct oci_map *m = c->annotations;

	for (size_t i = 0; m && i < m->n; i++)
		if (!strcmp(m->keys[i], key))
			return m->values[i];
	return NULL;
}

static void say_where(char *buf, size_t size, const char *key)
{
	snprintf(buf, size, "annotations[\"%s\"]", key);
}

int annotations_flag(const struct oci_config *c, const char *key, uint8_t *ret, struct rl_err *e)
{
	const char *value = annotations_get(c, key);
	char where[RL_ERR_WHERE];

	*ret = value && !strcmp(value, "1");
	if (!value || *ret || !strcmp(value, "0"))
		return 0;
	say_where(where, sizeof(where), key);
	return rl_refuse(e, where, "\"%.64s\" is neither 1 nor 0", value);
}

int annotations_path(const struct oci_config *c, const char *key, const char **ret,
		     struct rl_err *e)
{
	char where[RL_ERR_WHERE];

	*ret = annotations_get(c, key);
	if (!*ret || **ret == '/')
		return 0;
	say_where(where, sizeof(where), key);
	return rl_refuse(e, where, "\"%s\" is not an absolute path", *ret);
}
