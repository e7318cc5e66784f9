/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for entries of lists; see lookup.h. */
#include "spec/lookup.h"

#include <string.h>

const struct oci_namespace *lookup_namespace(const struct oci_linux *l, const char *type)
{
	for (size_t i = 0; l && i < l->n_namespaces; i++)
		if (l->namespaces[i]->type && !strcmp(l->namespaces[i]->type, type))
			return l->namespaces[i];
	return NULL;
}

bool lookup_is_joined(const struct oci_namespace *ns)
{
	return ns->path && ns->path[0];
}

const char *lookup_annotation(const struct oci_config *c, const char *key)
{
	const struct oci_map *m = c->annotations;

	for (size_t i = 0; m && i < m->n; i++)
		if (!strcmp(m->keys[i], key))
			return m->values[i];
	return NULL;
}
